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
  it("are late, duplicate, mismatched or unsolicited", () => {
    const ledger = new AnswerLedger();
    const end = ledger.ask("a", diffRequest(448, 424), "");
    expect(ledger.classify("a", diff(400, 448))).toBe("mismatched");
    expect(ledger.classify("a", qrInfo(448))).toBe("unsolicited");
    end("expired");
    expect(ledger.classify("a", diff(424, 448))).toBe("late");
    expect(ledger.classify("b", diff(424, 448))).toBe("unsolicited");
    ledger.ask("a", diffRequest(448, 424), "")("answered");
    expect(ledger.classify("a", diff(424, 448))).toBe("duplicate");
    expect(ledger.classify("a", diff(400, 448))).toBe("unsolicited");
  });

  it("of a qrinfo are told by the work block", () => {
    const ledger = new AnswerLedger();
    ledger.ask("a", qrInfoRequest(), toHashHex(hashOf(448)))("expired");
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
    for (let height = 0; height <= 32; height++) ledger.ask("a", diffRequest(height), "")("expired");
    expect([0, 1, 32].map((height) => ledger.classify("a", diff(0, height)))).toEqual([
      "unsolicited",
      "late",
      "late",
    ]);
  });
});
