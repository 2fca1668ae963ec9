import { bytesToHex } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../codec.ts";
import { type Command, decodeMessage, encodeMessage, type KnownMessage } from "../message.ts";
import { encodeSpecialPayload, readSpecialPayload, type SpecialPayload } from "../specialTx.ts";
import type { Transaction } from "../tx.ts";
import { version } from "../version.ts";
import { ENCODING_VERSIONS, payloads, specialPayload } from "./arbitraries.ts";
import { codeOf } from "./recordings.ts";

/** Commands whose encoding depends on the protocol version are tried at each of them. */
const cases = (Object.keys(payloads(70240)) as Command[]).flatMap((command): [Command, number][] =>
  command === "mnlistdiff" || command === "qrinfo"
    ? ENCODING_VERSIONS.map((protocolVersion) => [command, protocolVersion])
    : [[command, 70240]],
);

function messages(command: Command, protocolVersion: number): fc.Arbitrary<KnownMessage> {
  return payloads(protocolVersion)[command].map((payload) => ({ command, payload }) as KnownMessage);
}

describe("decode(encode(x)) = x, and encoding that gives the same bytes", () => {
  it.each(cases)("%s at %i", (command, protocolVersion) => {
    fc.assert(
      fc.property(messages(command, protocolVersion), (message) => {
        const bytes = encodeMessage(message, protocolVersion);
        const decoded = decodeMessage(command, bytes, protocolVersion);
        expect(decoded).toEqual(message);
        expect(bytesToHex(encodeMessage(decoded, protocolVersion))).toBe(bytesToHex(bytes));
      }),
      { numRuns: command === "qrinfo" ? 8 : 40 },
    );
  });
});

describe("a message cut short anywhere is truncated, and one with a byte more has trailing bytes", () => {
  // version may end after any of its groups, see version.test.ts.
  it.each(cases.filter(([command]) => command !== "version"))("%s at %i", (command, protocolVersion) => {
    fc.assert(
      fc.property(messages(command, protocolVersion), (message) => {
        const bytes = encodeMessage(message, protocolVersion);
        const codes = new Set<string | undefined>();
        const step = Math.max(1, Math.floor(bytes.length / 150));
        for (let end = 0; end < bytes.length; end += step) {
          codes.add(codeOf(() => decodeMessage(command, bytes.subarray(0, end), protocolVersion)));
        }
        expect([...codes]).toEqual(bytes.length === 0 ? [] : ["wire/truncated"]);
        const longer = Uint8Array.from([...bytes, 0]);
        expect(codeOf(() => decodeMessage(command, longer, protocolVersion))).toBe("wire/trailing-bytes");
      }),
      { numRuns: command === "qrinfo" ? 3 : 10 },
    );
  });

  it("version ends after a group, or is truncated", () => {
    fc.assert(
      fc.property(payloads(70240).version, (value) => {
        const bytes = encodeMessage({ command: "version", payload: value }, 70240);
        for (let end = 0; end < bytes.length; end++) {
          const code = codeOf(() => decode(version, bytes.subarray(0, end)));
          expect([undefined, "wire/truncated"]).toContain(code);
          if (end < 46) expect(code).toBe("wire/truncated");
        }
      }),
    );
  });
});

describe("a special payload", () => {
  const inTransaction = (special: SpecialPayload): Transaction => ({
    version: 3,
    type: special.type,
    inputs: [],
    outputs: [],
    lockTime: 0,
    extraPayload: encodeSpecialPayload(special),
  });

  it("comes back from the transaction it was put into, and not cut short", () => {
    fc.assert(
      fc.property(specialPayload, (special) => {
        const tx = inTransaction(special);
        expect(readSpecialPayload(tx)).toEqual(special);
        for (let end = 0; end < tx.extraPayload.length; end++) {
          const cut = { ...tx, extraPayload: tx.extraPayload.subarray(0, end) };
          expect(codeOf(() => readSpecialPayload(cut))).toBe("wire/truncated");
        }
      }),
      { numRuns: 300 },
    );
  });
});
