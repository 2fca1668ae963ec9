import { describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import { cycleKey, RequestHistory } from "../requestHistory.ts";
import { diffRequest, qrInfoRequest } from "./requests.ts";

const REFUSED = new DashlightError({ code: "net/refused", address: "a", request: "" });
const TIMEOUT = new DashlightError({ code: "net/timeout", address: "a", request: "", timeoutMs: 1 });

describe("the history of requests", () => {
  it("is of a list, whatever its base, and of the qrinfo about a cycle, whatever it asks for besides", () => {
    const history = new RequestHistory();
    history.fail(diffRequest(448, 424), "a", REFUSED);
    history.fail(qrInfoRequest(), "b", TIMEOUT);
    expect(history.of(diffRequest(448, 400)).failures).toEqual([{ address: "a", errorClass: "refused" }]);
    expect(history.avoidedBy(diffRequest(448))).toEqual(["a"]);
    expect(history.avoidedBy(diffRequest(424))).toEqual([]);
    const request = { ...qrInfoRequest().request, extraShare: false };
    expect(history.avoidedBy(qrInfoRequest({ request }))).toEqual(["b"]);
    expect(history.avoidedBy(qrInfoRequest({ workHeight: 424 }))).toEqual([]);
    history.succeed(diffRequest(448));
    expect(history.avoidedBy(diffRequest(448))).toEqual([]);
  });

  it("lets those be asked again who failed, after a pause or alone, until they fail again", () => {
    const history = new RequestHistory();
    const request = diffRequest(448);
    history.fail(request, "a", TIMEOUT);
    history.backOff(request, 2_000);
    expect(history.avoidedBy(request)).toEqual([]);
    expect(history.of(request)).toMatchObject({ backoffs: 1, notBeforeMs: 2_000, wasAlone: false });
    history.fail(request, "a", TIMEOUT);
    expect(history.avoidedBy(request)).toEqual(["a", "a"]);
    history.goAlone(request);
    expect(history.avoidedBy(request)).toEqual([]);
    expect(history.of(request).wasAlone).toBe(true);
  });

  it("names what was given up, while nobody else could be asked", () => {
    const history = new RequestHistory();
    history.fail(diffRequest(448), "a", REFUSED);
    history.fail(diffRequest(400), "a", REFUSED);
    history.fail(qrInfoRequest(), "a", REFUSED);
    expect([history.isExhausted("448", ["a"]), history.hasGivenUp]).toEqual([false, false]);
    for (const request of [diffRequest(448), diffRequest(400), qrInfoRequest()]) history.giveUp(request);
    expect([history.listHeights, history.hasGivenUp]).toEqual([[400, 448], true]);
    expect([history.isExhausted("448", ["a"]), history.isExhausted("448", ["a", "b"])]).toEqual([
      true,
      false,
    ]);
    expect(history.cycleKeys).toEqual([cycleKey(448)]);
    expect([history.isExhausted(cycleKey(448), ["a"]), history.isExhausted(cycleKey(448), ["b"])]).toEqual([
      true,
      false,
    ]);
    expect(history.isExhausted(cycleKey(424), ["a"])).toBe(false);
    expect(history.isExhausted("424", ["a"])).toBe(false);
  });

  it("is forgiven where it was given up, and forgotten when the chain changes, all but the last error", () => {
    const history = new RequestHistory();
    history.fail(diffRequest(448), "a", REFUSED);
    history.giveUp(diffRequest(448));
    history.fail(diffRequest(400), "a", TIMEOUT);
    history.forgive();
    expect([history.hasGivenUp, history.avoidedBy(diffRequest(448))]).toEqual([false, []]);
    expect(history.of(diffRequest(448)).lastError).toBe(REFUSED);
    expect(history.avoidedBy(diffRequest(400))).toEqual(["a"]);
    history.clear();
    expect(history.avoidedBy(diffRequest(400))).toEqual([]);
    expect(history.of(diffRequest(400)).lastError).toBe(TIMEOUT);
  });

  it("is of the last requests only", () => {
    const history = new RequestHistory();
    for (let height = 0; height <= 512; height++) history.giveUp(diffRequest(height));
    expect([history.listHeights.length, history.listHeights[0]]).toEqual([512, 1]);
  });

  it("counts as exhausted what nobody may be asked for", () => {
    const history = new RequestHistory();
    history.giveUp(diffRequest(448));
    expect([history.isExhausted("448", []), history.isExhausted("448", ["a"])]).toEqual([true, false]);
    history.giveUp(diffRequest(448), ["a"]);
    expect([history.isExhausted("448", ["a"]), history.isExhausted("448", ["a", "b"])]).toEqual([
      true,
      false,
    ]);
  });
});
