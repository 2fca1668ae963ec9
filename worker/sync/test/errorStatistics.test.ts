import { describe, expect, it } from "vitest";
import { DashlightError, type ErrorFacts } from "../../errors.ts";
import { classOf, ErrorStatistics } from "../errorStatistics.ts";

describe("classes of errors", () => {
  it.each([
    [{ code: "net/timeout", address: "", request: "", timeoutMs: 1 }, "timeout"],
    [{ code: "net/refused", address: "", request: "" }, "refused"],
    [{ code: "net/disconnected", address: "", reason: "" }, "network"],
    [{ code: "net/bridge-unreachable", url: "" }, "network"],
    [{ code: "client/no-peers" }, "network"],
    [{ code: "wire/truncated", needed: 2, available: 1 }, "invalid data"],
    [{ code: "engine/no-coinbase-payload", blockHash: "" }, "invalid data"],
    [{ code: "engine/unknown-block", blockHash: "" }, "protocol"],
    [{ code: "engine/not-the-requested-cycle", expected: "", received: "" }, "protocol"],
    [{ code: "net/unexpected-message", address: "", command: "" }, "protocol"],
  ] satisfies [ErrorFacts, string][])("%o is %s", (facts, errorClass) => {
    expect(classOf(new DashlightError(facts))).toBe(errorClass);
  });
});

describe("error statistics", () => {
  it("are of the last hundred requests", () => {
    const statistics = new ErrorStatistics();
    expect([statistics.total, statistics.share("ok")]).toEqual([0, 0]);
    for (let i = 0; i < 50; i++) statistics.record("timeout");
    for (let i = 0; i < 25; i++) statistics.record("refused");
    for (let i = 0; i < 25; i++) statistics.record("ok");
    expect([statistics.share("timeout"), statistics.share("timeout", "refused")]).toEqual([0.5, 0.75]);
    for (let i = 0; i < 10; i++) statistics.record("network");
    expect([statistics.total, statistics.share("timeout"), statistics.share("network")]).toEqual([
      100, 0.4, 0.1,
    ]);
  });
});
