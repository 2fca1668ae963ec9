import { describe, expect, it } from "vitest";
import { RequestHistory } from "../requestHistory.ts";
import { diffRequest, qrInfoRequest } from "./requests.ts";

describe("the history of requests", () => {
  it("is of a list, whatever its base, and of any qrinfo", () => {
    const history = new RequestHistory();
    history.fail(diffRequest(448, 424), "a", "refused");
    history.fail(qrInfoRequest(), "b", "timeout");
    expect(history.of(diffRequest(448, 400)).failures).toEqual([{ address: "a", errorClass: "refused" }]);
    expect(history.avoidedBy(diffRequest(448))).toEqual(["a"]);
    expect(history.avoidedBy(diffRequest(424))).toEqual([]);
    expect(history.avoidedBy(qrInfoRequest({ workHeight: 424 }))).toEqual(["b"]);
    history.succeed(diffRequest(448));
    expect(history.avoidedBy(diffRequest(448))).toEqual([]);
  });

  it("lets those be asked again who failed, after a pause or alone, until they fail again", () => {
    const history = new RequestHistory();
    const request = diffRequest(448);
    history.fail(request, "a", "timeout");
    history.backOff(request, 2_000);
    expect(history.avoidedBy(request)).toEqual([]);
    expect(history.of(request)).toMatchObject({ backoffs: 1, notBeforeMs: 2_000, wasAlone: false });
    history.fail(request, "a", "timeout");
    expect(history.avoidedBy(request)).toEqual(["a", "a"]);
    history.goAlone(request);
    expect(history.avoidedBy(request)).toEqual([]);
    expect(history.of(request).wasAlone).toBe(true);
  });

  it("names what was given up, while nobody else could be asked", () => {
    const history = new RequestHistory();
    history.fail(diffRequest(448), "a", "refused");
    history.fail(diffRequest(400), "a", "refused");
    history.fail(qrInfoRequest(), "a", "refused");
    expect([history.isListExhausted(448, ["a"]), history.hasGivenUp]).toEqual([false, false]);
    for (const request of [diffRequest(448), diffRequest(400), qrInfoRequest()]) history.giveUp(request);
    expect([history.listHeights, history.hasGivenUp]).toEqual([[400, 448], true]);
    expect([history.isListExhausted(448, ["a"]), history.isListExhausted(448, ["a", "b"])]).toEqual([
      true,
      false,
    ]);
    expect([history.isQrInfoExhausted(["a"]), history.isQrInfoExhausted(["b"])]).toEqual([true, false]);
    expect(history.isListExhausted(424, ["a"])).toBe(false);
  });

  it("is forgiven where it was given up, and forgotten when the chain changes", () => {
    const history = new RequestHistory();
    history.fail(diffRequest(448), "a", "refused");
    history.giveUp(diffRequest(448));
    history.fail(diffRequest(400), "a", "refused");
    history.forgive();
    expect([history.hasGivenUp, history.avoidedBy(diffRequest(448))]).toEqual([false, []]);
    expect(history.avoidedBy(diffRequest(400))).toEqual(["a"]);
    history.clear();
    expect(history.avoidedBy(diffRequest(400))).toEqual([]);
  });
});
