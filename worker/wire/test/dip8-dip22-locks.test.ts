import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { decode, encode } from "../codec.ts";
import { sha256d, toHashHex } from "../hashes.ts";
import {
  type ChainLock,
  chainLock,
  computeChainLockRequestId,
  computeInstantLockRequestId,
  type InstantLock,
  instantLock,
} from "../locks.ts";
import { transaction } from "../tx.ts";
import {
  codeOf,
  decodeBothWays,
  decodeSame,
  fileRecordings,
  messageHash,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
} from "./recordings.ts";

interface ChainLockFacts {
  clsig: string;
  height: number;
  blockHash: string;
  signature: string;
  requestId: string;
}

function chainLockFacts(lock: ChainLock): Omit<ChainLockFacts, "clsig"> {
  return {
    height: lock.height,
    blockHash: toHashHex(lock.blockHash),
    signature: bytesToHex(lock.sig),
    requestId: toHashHex(computeChainLockRequestId(lock.height)),
  };
}

for (const folder of ["mainnet/chainlock", "testnet/chainlock", "legacy_locks"]) {
  if (!hasVectors(folder)) continue;
  describe(`${folder}: clsig`, () => {
    it.each(fileRecordings(folder))("$file decodes to the recorded facts", (entry) => {
      const bytes = readRecording(folder, entry);
      const file = entry.file.endsWith(".bin") ? entry.expectedFile : entry.file;
      const facts = readVectorJson<ChainLockFacts | ChainLockFacts[]>(`${folder}/${file}`);
      const all = Array.isArray(facts) ? facts : [facts];
      expect(all.length).toBeGreaterThan(0);
      for (const expected of all) {
        if (entry.file.endsWith(".bin")) expect(bytesToHex(bytes)).toBe(expected.clsig);
        const lock = decodeBothWays("clsig", hexToBytes(expected.clsig), 70240, entry.file);
        expect(expected).toMatchObject(chainLockFacts(lock));
      }
    });
  });
}

interface InstantLockFacts {
  isdlock?: string;
  hex?: string;
  message?: string;
  version: number | null;
  inputs: { txid: string; vout: number }[];
  txid: string;
  cycleHash: string;
  signature: string;
  requestId: string;
  messageHash?: string;
}

function instantLockFacts(
  lock: InstantLock,
): Omit<InstantLockFacts, "isdlock" | "hex" | "message" | "messageHash"> {
  return {
    version: lock.version,
    inputs: lock.inputs.map(({ txid, index }) => ({ txid: toHashHex(txid), vout: index })),
    txid: toHashHex(lock.txid),
    cycleHash: toHashHex(lock.cycleHash),
    signature: bytesToHex(lock.sig),
    requestId: toHashHex(computeInstantLockRequestId(lock)),
  };
}

if (hasVectors("instantsend")) {
  describe("instantsend: isdlock", () => {
    it("of a devnet decodes to the recorded facts", () => {
      const files = fileRecordings("instantsend");
      const entry = files.find(({ file }) => file === "isdlock_devnet.bin");
      if (entry === undefined) throw new Error("no recording");
      const lock = decodeBothWays("isdlock", readRecording("instantsend", entry), 70240, entry.file);
      expect(readVectorJson(`instantsend/${entry.expectedFile}`)).toMatchObject(instantLockFacts(lock));
    });

    it("of mainnet decodes to the recorded facts", () => {
      const locks = readVectorJson<InstantLockFacts[]>("instantsend/isdlock_mainnet_selection.json");
      expect(locks).toHaveLength(2);
      for (const facts of locks) {
        const lock = decodeBothWays("isdlock", hexToBytes(facts.isdlock ?? ""), 70240, facts.txid);
        expect(facts).toMatchObject(instantLockFacts(lock));
      }
    });

    it("of several sources decodes, and its message hash is the recorded one", () => {
      const locks = readVectorJson<InstantLockFacts[]>("instantsend/islock_decode.json");
      expect(locks.map(({ message }) => message)).toEqual(["isdlock", "isdlock", "islock"]);
      for (const { hex = "", message, messageHash: expectedHash, ...facts } of locks) {
        if (message === "islock") {
          // The message before DIP-22 has neither version nor cycleHash; it is none of ours.
          expect(codeOf(() => decode(instantLock, hexToBytes(hex)))).toBe("wire/truncated");
          continue;
        }
        const lock = decodeBothWays("isdlock", hexToBytes(hex), 70240, facts.txid);
        expect(facts).toMatchObject(instantLockFacts(lock));
        expect(messageHash(hexToBytes(hex))).toBe(expectedHash);
      }
    });

    it("locks the inputs of the asset lock transaction recorded with it", () => {
      interface Sample {
        tx: string;
        isdlock: string;
        txid: string;
        inputs: { txid: string; vout: number }[];
        cycleHash: string;
        requestId: string;
      }
      const sample = readVectorJson<Sample>("instantsend/assetlock_tx_with_isdlock.json");
      const lock = decodeBothWays("isdlock", hexToBytes(sample.isdlock), 70240, sample.txid);
      const { txid, inputs, cycleHash, requestId } = sample;
      expect(instantLockFacts(lock)).toMatchObject({ txid, inputs, cycleHash, requestId });
      const tx = decode(transaction, hexToBytes(sample.tx));
      expect(tx.inputs.map(({ prevOut }) => prevOut)).toEqual(lock.inputs);
    });
  });
}

interface RegtestLock extends Recording<{ requestId: string; islockHash?: string }> {
  readonly height: number;
  readonly hash: string;
  readonly txid: string;
  readonly cycleHash: string;
}

interface RpcInstantLock {
  txid: string;
  inputs: { txid: string; vout: number }[];
  id: string;
  cycleHash: string;
  signature: string;
  hex: string;
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: locks`, () => {
    it("every clsig has the height, block and request id of the manifest", () => {
      const locks = regtestRecordings(scenario, "clsig") as RegtestLock[];
      expect(locks.length).toBeGreaterThan(40);
      for (const entry of locks) {
        const payload = readRecording(scenario, entry);
        const lock = decodeBothWays("clsig", payload, entry.protocolVersion, entry.file);
        expect(chainLockFacts(lock), entry.file).toMatchObject({
          height: entry.height,
          blockHash: entry.hash,
          requestId: entry.expect.requestId,
        });
      }
    });

    it("every isdlock has the transaction, cycle, request id and hash of the manifest", () => {
      const locks = regtestRecordings(scenario, "isdlock") as RegtestLock[];
      expect(locks.length).toBeGreaterThan(30);
      for (const entry of locks) {
        const payload = readRecording(scenario, entry);
        const lock = decodeBothWays("isdlock", payload, entry.protocolVersion, entry.file);
        expect(instantLockFacts(lock), entry.file).toMatchObject({
          txid: entry.txid,
          cycleHash: entry.cycleHash,
          requestId: entry.expect.requestId,
        });
        expect(messageHash(payload), entry.file).toBe(entry.expect.islockHash);
      }
    });

    it("every isdlock names the inputs of the transaction recorded beside it", () => {
      const transactions = regtestRecordings(scenario, "tx") as RegtestLock[];
      const locks = regtestRecordings(scenario, "isdlock") as RegtestLock[];
      const inputsOf = new Map(
        transactions.map((entry) => {
          const { inputs } = decode(transaction, readRecording(scenario, entry));
          return [entry.txid, inputs.map(({ prevOut }) => prevOut)];
        }),
      );
      for (const entry of locks) {
        const lock = decode(instantLock, readRecording(scenario, entry));
        expect(lock.inputs, entry.file).toEqual(inputsOf.get(entry.txid));
      }
    });

    it("every lock of getislocks decodes to the values shown with it", () => {
      const locks = readVectorJson<RpcInstantLock[]>(`${scenario}/getislocks.json`);
      expect(locks.length).toBeGreaterThan(5);
      for (const { hex, id, ...facts } of locks) {
        const lock = decodeBothWays("isdlock", hexToBytes(hex), 70240, facts.txid);
        expect(instantLockFacts(lock)).toEqual({ version: 1, requestId: id, ...facts });
      }
    });
  });
}

/** Source: protocol/verification.md 18.5 */
describe("a ChainLock of mainnet", () => {
  const SIGNATURE =
    "a49ab606f1075afcd0f33a6977ce21b691ff20b1d0c5304018bc24154f0b2fd31f63a7f5ef7c16bd55d71e615dadab2d11c9b84d0224aba88dc138552245d3878e0552420fb659b5118b9f05fceada55f98c8dcc960d5676ba1396cbe42a5b67";
  const BLOCK = "65c5568ad50334f5b361cd5204c662b1966f25a21e6011fc2f00000000000000";

  it("is 132 bytes: height, block hash, signature", () => {
    const lock = decodeSame(chainLock, hexToBytes(`4f2e2200${BLOCK}${SIGNATURE}`));
    expect(encode(chainLock, lock)).toHaveLength(132);
    expect(chainLockFacts(lock)).toMatchObject({
      height: 2_240_079,
      blockHash: "000000000000002ffc11601ea2256f96b162c60452cd61b3f53403d58a56c565",
      signature: SIGNATURE,
    });
  });

  it.each([
    [2_240_079, "ba992e87c0558c2f6143d2b9c27b36f4367382170d7943551a2489f5a23835a8"],
    [2_243_495, "969ab4a945632f5fba1331f3d2556d317682142cf8aaa6544e407e683c61a177"],
    [2_243_496, "675aed91d6098cdf575cc09bfd1ff4f750acde1e793f385c3c72bbb400068d28"],
  ])("at height %i has the request id %s", (height, requestId) => {
    expect(bytesToHex(computeChainLockRequestId(height))).toBe(requestId);
  });
});

/** Source: protocol/verification.md 18.6 */
describe("an isdlock of mainnet", () => {
  const LOCK =
    "01018d53e7997ead57409750942af0d5e0aafc06f852a9a52308f4781b6a8220298f00000000c6f9d8c63dd15937ea70aaddb7890daad42c91bf6818e2bf76d183d6f2d9215b4b5f84978fad9dde7ab52bdcc0674be891e9029cc1ef0cb01200000000000000a27c98836c4c04653ab81eb4e07ddfc2c8c2c1036b75247969c05a4f25451cd78913a971f1899d9f2bddec9cf8e0104004f72f20c2856453e5aa3bcd2a8200670ec28feda38f67cc400fc72ef1966956656ec0765478c9d16e9a9e470c07f9ed";

  it("has the recorded request id", () => {
    const lock = decodeSame(instantLock, hexToBytes(LOCK));
    expect(bytesToHex(computeInstantLockRequestId(lock))).toBe(
      "481ca36cf80fde8fda333915e33c27014dad65fa9f3b54bc4d8bc45be7c81ddf",
    );
    expect(hexToBytes(LOCK)).toHaveLength(162 + 36);
    expect(toHashHex(sha256d(hexToBytes(LOCK)))).toHaveLength(64);
  });

  it.each([
    ["version 0", `00${LOCK.slice(2)}`, "wire/unsupported-version"],
    ["version 2", `02${LOCK.slice(2)}`, "wire/unsupported-version"],
    ["more inputs than bytes", `01fd0010${LOCK.slice(4)}`, "wire/truncated"],
    ["a byte too many", `${LOCK}00`, "wire/trailing-bytes"],
  ])("with %s is refused", (_, hex, code) => {
    expect(codeOf(() => decode(instantLock, hexToBytes(hex)))).toBe(code);
  });
});
