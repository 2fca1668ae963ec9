import { describe, expect, it } from "vitest";
import { toHashHex } from "../../wire/hashes.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import type { QRInfo } from "../../wire/qrInfo.ts";
import { AnswerLedger, type AnswerMessage } from "../answerLedger.ts";
import { diffRequest, hashOf, qrInfoRequest } from "./requests.ts";

/** Nothing but block hashes tells answers apart. */
function diff(baseHeight: number, height: number): AnswerMessage {
  const payload = { baseBlockHash: hashOf(baseHeight), blockHash: hashOf(height) } as MnListDiff;
  return { command: "mnlistdiff", payload };
}

function qrInfo(workHeight: number): AnswerMessage {
  const payload = { mnListDiffH: { blockHash: hashOf(workHeight) } } as QRInfo;
  return { command: "qrinfo", payload };
}

describe("stray answers", () => {
  it("are denied, duplicate, mismatched or unsolicited", () => {
    const ledger = new AnswerLedger();
    const end = ledger.ask("a", diffRequest(448, 424), "");
    expect(ledger.takeStray("a", diff(400, 448))).toBe("mismatched");
    expect(ledger.takeStray("a", qrInfo(448))).toBe("unsolicited");
    end("refused");
    expect(ledger.takeStray("a", diff(424, 448))).toBe("denied");
    expect(ledger.takeStray("b", diff(424, 448))).toBe("unsolicited");
    ledger.ask("a", diffRequest(448, 424), "")("answered");
    expect(ledger.takeStray("a", diff(424, 448))).toBe("duplicate");
    expect(ledger.takeStray("a", diff(400, 448))).toBe("unsolicited");
  });

  it("are late once after each timeout", () => {
    const ledger = new AnswerLedger();
    const strays = (times: number) =>
      Array.from({ length: times }, () => ledger.takeStray("a", diff(424, 448)));
    for (let i = 0; i < 2; i++) ledger.ask("a", diffRequest(448, 424), "")("timed-out");
    expect(strays(3)).toEqual(["late", "late", "duplicate"]);
    // Asked again: the first answer that comes is taken, and the other is still owed.
    ledger.ask("a", diffRequest(448, 424), "")("timed-out");
    const end = ledger.ask("a", diffRequest(448, 424), "");
    expect(ledger.isOverdue("a", diff(424, 448))).toBe(false);
    end("answered");
    expect(strays(2)).toEqual(["late", "duplicate"]);
  });

  it("of a qrinfo are told by the work block", () => {
    const ledger = new AnswerLedger();
    ledger.ask("a", qrInfoRequest(), toHashHex(hashOf(448)))("timed-out");
    const end = ledger.ask("a", qrInfoRequest(), toHashHex(hashOf(424)));
    expect([448, 424, 400].map((height) => ledger.isOverdue("a", qrInfo(height)))).toEqual([
      true,
      false,
      false,
    ]);
    end("answered");
    expect(ledger.isOverdue("a", qrInfo(424))).toBe(true);
    ledger.ask("a", qrInfoRequest(), toHashHex(hashOf(448)));
    expect(ledger.isOverdue("a", qrInfo(448))).toBe(false);
  });

  it("are told of the last requests only", () => {
    const ledger = new AnswerLedger();
    for (let height = 0; height <= 32; height++) ledger.ask("a", diffRequest(height), "")("timed-out");
    expect([0, 1, 32].map((height) => ledger.takeStray("a", diff(0, height)))).toEqual([
      "unsolicited",
      "late",
      "late",
    ]);
  });
});
