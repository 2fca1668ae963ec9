import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { bitset, countBits, decode, encode, isBitSet, makeBitset } from "../codec.ts";
import {
  computeCommitmentHash,
  computeCommitmentLeaf,
  finalCommitment,
  isIndexed,
  isLegacyCommitment,
  makeFinalCommitment,
  quorumCommitmentPayload,
} from "../finalCommitment.ts";
import { fromHashHex, isZero, toHashHex } from "../hashes.ts";
import { computeTxid, transaction } from "../tx.ts";
import { codeOf, decodeBothWays, decodeSame, fileRecordings, readRecording } from "./recordings.ts";

/** Type 5, version 4, index 0 of mainnet. Source: protocol/wire.md 12 */
const ROTATED =
  "040005ef29769a9809caf23f7e1d1e0de7212ea0a9449dc37e55270a0000000000000000003cffffffffffffff0f3cffffffffffffff0fa3b78dea0af6d62c1b41da0df37b3706ac131420f1c873b336a894478720586b9c1881ef436f41fe5be1269e796447cbbc9a86f621a29736d05bee2a808428d1c550d82139027b85dc10cd2536bfd9e793f1c40d46b645079d06de20b55a6fd83f54d28535f5bf2f66740b6375eec703562f720922b930500eba17a8512c7c5a0b87439e61402d9a3da1f5c47ba996dd6182e5ef4e5c04c4cef3ba6b0868188e85d6c4d89096637d650586b380f5b57d807e952e6d670b56dd210932d9a611ec9bca08cea3df63df930d44719ff97916126613d227d08650b6cfb863b67fa1880f945719292fb58608ac69c2c2d5c53a0f6ed48017ff85eb15c0c0c6894b273a00421e07ea3aa95048c2d1b0aeb092f6";

describe("a recorded qfcommit", () => {
  it("of mainnet decodes, hashes and encodes to the same bytes", () => {
    const commitment = decodeBothWays("qfcommit", hexToBytes(ROTATED), 70240, "");
    expect(commitment).toMatchObject({ version: 4, llmqType: 5, quorumIndex: 0 });
    expect([countBits(commitment.signers), countBits(commitment.validMembers)]).toEqual([60, 60]);
    expect(toHashHex(computeCommitmentLeaf(commitment))).toBe(
      "ab26224d807cb28f1112fdfade8a5b68950ae1f2c613021fab39e223dbfc26ca",
    );
    expect(makeFinalCommitment(commitment)).toEqual(commitment);
  });

  it("has a quorumIndex in versions 2 and 4 only", () => {
    const indexed = decode(finalCommitment, hexToBytes(ROTATED));
    for (const version of [1, 2, 3, 4]) {
      const bytes = encode(finalCommitment, { ...indexed, version });
      expect(bytes).toHaveLength(isIndexed(version) ? 327 : 325);
      expect(decodeSame(finalCommitment, bytes).quorumIndex).toBe(0);
      expect(isLegacyCommitment(version)).toBe(version <= 2);
    }
    const at31 = encode(finalCommitment, { ...indexed, quorumIndex: 31 });
    expect(decode(finalCommitment, at31).quorumIndex).toBe(31);
    const negative = encode(finalCommitment, { ...indexed, quorumIndex: -1 });
    expect(decode(finalCommitment, negative).quorumIndex).toBe(-1);
  });

  it.each([
    ["version 0", `0000${ROTATED.slice(4)}`, "wire/unsupported-version"],
    ["version 5", `0500${ROTATED.slice(4)}`, "wire/unsupported-version"],
    [
      "a padding bit of signers set",
      ROTATED.replace("3cffffffffffffff0f", "3cffffffffffffff1f"),
      "wire/non-canonical",
    ],
    ["a byte too few", ROTATED.slice(0, -2), "wire/truncated"],
  ])("with %s is refused", (_, hex, code) => {
    expect(codeOf(() => decode(finalCommitment, hexToBytes(hex)))).toBe(code);
  });
});

describe("the transaction of a null commitment (regtest type 103, height 1100)", () => {
  it("has no inputs and no outputs, and its payload and txid are right", () => {
    const hex = `030006000000${"00000000"}fd3f01${"01004c040000"}${"040067feee8d5c4938ae7d96f8ce7c934aaf77ed291dd5b3959c499c8eaad3b85dea0c0000"}${"0400"}${"0400"}${"00".repeat(272)}`;
    const tx = decodeSame(transaction, hexToBytes(hex));
    expect(toHashHex(computeTxid(tx))).toBe(
      "68c9b64a9a667182f13841f9e2f8d431306e52ae84ac5ff2c85aedf56ab02f89",
    );
    expect([tx.inputs, tx.outputs]).toEqual([[], []]);
    const { version, height, commitment } = decodeSame(quorumCommitmentPayload, tx.extraPayload);
    expect([version, height]).toEqual([1, 1100]);
    expect([commitment.llmqType, commitment.quorumIndex, commitment.signers.length]).toEqual([103, 0, 4]);
    expect(isZero(commitment.quorumPublicKey) && isZero(commitment.membersSig)).toBe(true);
  });
});

describe("the message of both signatures", () => {
  /** Mainnet type 1, legacy. Source: protocol/verification.md 18.4 */
  it("is the recorded one for a legacy commitment", () => {
    const commitment = makeFinalCommitment({
      version: 1,
      llmqType: 1,
      quorumHash: fromHashHex("000000000000002052e2f922d3d474271acf7b72cdfa180eef57a449a3ea4101"),
      quorumIndex: 0,
      signers: makeBitset(new Array(50).fill(true)),
      validMembers: makeBitset(Array.from({ length: 50 }, (_, i) => i !== 22 && i !== 31)),
      quorumPublicKey: hexToBytes(
        "8e3b657d1cd297351f5fc4198fb088c5b40eeb0b4a3875c72a3889f7a29f1e9434888b84e35eecb5981aba861e217735",
      ),
      quorumVvecHash: hexToBytes("c399a87aa1a772ec1c3cd3a2ea87fa0fc22acbfa2b9da81bc9b695ee7ac7b2d8"),
      quorumSig: new Uint8Array(96),
      membersSig: new Uint8Array(96),
    });
    expect(bytesToHex(computeCommitmentHash(commitment))).toBe(
      "983f1baf232380a834cd1893535d8872941c0b24c8927753a8247a9138c142a6",
    );
  });

  if (hasVectors("quorum_commitments")) {
    it("is the recorded one for each commitment of the set", () => {
      const [recording] = fileRecordings("quorum_commitments");
      if (recording === undefined) throw new Error("no vectors");
      readRecording("quorum_commitments", recording);
      const vectors = readVectorJson<{ commitment: string; commitmentHash: string; llmqType: number }[]>(
        `quorum_commitments/${recording.file}`,
      );
      expect(vectors).toHaveLength(7);
      for (const vector of vectors) {
        const commitment = decodeSame(finalCommitment, hexToBytes(vector.commitment));
        expect(commitment.llmqType).toBe(vector.llmqType);
        expect(toHashHex(computeCommitmentHash(commitment))).toBe(vector.commitmentHash);
      }
    });
  }
});

describe("bitset", () => {
  it("counts from the least significant bit of each byte", () => {
    const bits = makeBitset([true, false, false, false, false, false, false, false, false, true]);
    expect(bytesToHex(encode(bitset, bits))).toBe("0a0102");
    expect([0, 1, 8, 9, 10, 16].map((i) => isBitSet(bits, i))).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
    expect(countBits(bits)).toBe(2);
  });

  it("may be empty", () => {
    expect(decodeSame(bitset, Uint8Array.of(0))).toEqual({ length: 0, bytes: new Uint8Array(0) });
  });

  it("of 400 bits has a count of three bytes", () => {
    const bits = makeBitset(new Array(400).fill(true));
    expect(bytesToHex(encode(bitset, bits).subarray(0, 4))).toBe("fd9001ff");
  });
});
