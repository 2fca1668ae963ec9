/** Signatures real networks made: final commitments of three quorum types, and a ChainLock of before V19. */

import { describe, expect, test } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import type { BlsScheme, EncodedPublicKey } from "../index.ts";
import { ENGINES, flipBit, fromDisplay, fromHex, isValid, key, secureAggregate, single } from "./engines.ts";

interface Member {
  pubKeyOperator: string;
  keyEncoding: BlsScheme;
  signed: boolean;
}

interface Commitment {
  network: string;
  llmqName: string;
  quorumHeight: number;
  legacyBls: boolean;
  commitment: string;
  commitmentHash: string;
  members: Member[];
}

interface LegacyChainLock {
  signature: string;
  quorumPublicKey: string;
  signHash: string;
  valid: boolean;
}

/** A commitment ends with quorumPublicKey[48], quorumVvecHash[32], quorumSig[96], membersSig[96]. */
function decodeTail({ commitment, commitmentHash, legacyBls }: Commitment) {
  const bytes = fromHex(commitment);
  return {
    scheme: legacyBls ? ("legacy" as const) : ("basic" as const),
    message: fromDisplay(commitmentHash),
    quorumPublicKey: bytes.slice(-272, -224),
    quorumSig: bytes.slice(-192, -96),
    membersSig: bytes.slice(-96),
  };
}

function keysOf(members: readonly Member[]): EncodedPublicKey[] {
  return members.map(({ pubKeyOperator, keyEncoding }) => key(pubKeyOperator, keyEncoding));
}

test("a signature of the wrong length is not valid", () => {
  expect(ENGINES.map((bls) => bls.isValidSignature(new Uint8Array(95), "basic"))).toEqual([false, false]);
});

if (hasVectors("quorum_commitments")) {
  const commitments = readVectorJson<Commitment[]>("quorum_commitments/commitments.json");

  describe.each(ENGINES)("$engine, commitments.json", (bls) => {
    describe.each(commitments)("$network $llmqName $quorumHeight", (commitment) => {
      const { scheme, message, membersSig, quorumSig, quorumPublicKey } = decodeTail(commitment);
      const signers = keysOf(commitment.members.filter((member) => member.signed));

      const quorum = single({ bytes: quorumPublicKey, scheme });

      test("membersSig and quorumSig, over their message only", async () => {
        const byMembers = { scheme, message, signature: membersSig, signer: secureAggregate(signers) };
        const byQuorum = { scheme, message, signature: quorumSig, signer: quorum };
        const another = { message: flipBit(message, 17) };
        const verdicts = await bls.verify([
          byMembers,
          byQuorum,
          { ...byMembers, ...another },
          { ...byQuorum, ...another },
        ]);
        expect(verdicts).toEqual([true, true, false, false]);
      });

      test.each([
        ["one signer less", signers.slice(1)],
        ["one signer twice", [...signers, ...signers.slice(0, 1)]],
        ["one signer replaced by another", [...signers.slice(1), ...signers.slice(1, 2)]],
        ["nobody", []],
      ])("membersSig with %s", async (_, keys) => {
        const signer = secureAggregate(keys);
        expect(await isValid(bls, { scheme, message, signature: membersSig, signer })).toBe(false);
      });

      test("membersSig with a key read in the wrong encoding", async () => {
        const [first, ...rest] = signers;
        if (!first) throw new Error("no signers");
        const misread = { ...first, scheme: first.scheme === "basic" ? "legacy" : "basic" } as const;
        const signer = secureAggregate([misread, ...rest]);
        expect(await isValid(bls, { scheme, message, signature: membersSig, signer })).toBe(false);
      });

      test("the two signatures swapped or with one bit flipped", async () => {
        const signer = secureAggregate(signers);
        for (const signature of [quorumSig, flipBit(membersSig, 0), flipBit(membersSig, 700)]) {
          expect(await isValid(bls, { scheme, message, signature, signer })).toBe(false);
        }
      });
    });
  });
}

if (hasVectors("legacy_locks")) {
  const lock = readVectorJson<LegacyChainLock>("legacy_locks/clsig_394216_legacy.json");

  test.each(ENGINES)("$engine, ChainLock 394216 of testnet", async (bls) => {
    const signer = single(key(lock.quorumPublicKey, "legacy"));
    const message = fromDisplay(lock.signHash);
    const check = { scheme: "legacy", message, signature: fromHex(lock.signature), signer } as const;
    expect(await isValid(bls, check)).toBe(lock.valid);
    expect(await isValid(bls, { ...check, scheme: "basic" })).toBe(false);
    expect(await isValid(bls, { ...check, message: flipBit(message, 9) })).toBe(false);
    expect(await isValid(bls, { ...check, signature: flipBit(check.signature, 7) })).toBe(false);
  });
}
