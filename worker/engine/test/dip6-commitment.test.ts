import { describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import { networkParams } from "../../params/index.ts";
import { makeBitset } from "../../wire/codec.ts";
import { type FinalCommitment, makeFinalCommitment } from "../../wire/finalCommitment.ts";
import { fromHashHex, type Height, type QuorumHash } from "../../wire/hashes.ts";
import { checkCommitment, isRotating } from "../checkCommitment.ts";
import type { EngineContext } from "../context.ts";
import { KnownChain } from "./knownChain.ts";
import { madeHash } from "./madeLists.ts";

const MAINNET = networkParams("mainnet");
const { dip0024, v19 } = MAINNET.activation;
const TIP = 3_000_000;

/** A well-formed commitment of a mainnet type; every member signed. */
function commitmentOf(llmqType: number, change: Partial<FinalCommitment> = {}): FinalCommitment {
  const size = MAINNET.llmqs.get(llmqType)?.size ?? 3;
  const all = makeBitset(Array(size).fill(true));
  return makeFinalCommitment({
    version: 3,
    llmqType,
    quorumHash: fromHashHex<QuorumHash>(madeHash(TIP)),
    quorumIndex: 0,
    signers: all,
    validMembers: all,
    quorumPublicKey: new Uint8Array(48),
    quorumVvecHash: new Uint8Array(32).fill(1),
    quorumSig: new Uint8Array(96),
    membersSig: new Uint8Array(96),
    ...change,
  });
}

/** @returns the rule that refuses the commitment, or undefined */
function refusal(commitment: FinalCommitment, baseHeight?: Height, params = MAINNET): string | undefined {
  const chain = new KnownChain();
  if (baseHeight !== undefined) chain.addHash(baseHeight, madeHash(TIP));
  const context: EngineContext = { params, chain, isValidSignature: () => true };
  try {
    checkCommitment(commitment, TIP, context);
    return undefined;
  } catch (error) {
    if (!(error instanceof DashlightError)) throw error;
    expect(error.facts).toMatchObject({
      code: "engine/malformed-commitment",
      llmqType: commitment.llmqType,
      quorumHash: madeHash(TIP),
    });
    return "what" in error.facts ? error.facts.what : undefined;
  }
}

/** The last height at or below `height` that is a multiple of `interval`. */
const atOrBelow = (height: Height, interval: number) => height - (height % interval);

describe("a commitment's version (verification.md 8.1)", () => {
  const basicPlain = atOrBelow(v19 + 23, 24);
  it.each([
    ["plain, before V19", 1, atOrBelow(v19 - 2, 24), 1],
    // Basic from the block after V19-1 on, so a base at V19-1 is basic already.
    ["plain, from V19 on", 1, basicPlain, 3],
    ["rotating, before V19", 5, atOrBelow(v19 - 2, 288), 2],
    ["rotating, from V19 on", 5, atOrBelow(v19 + 287, 288), 4],
    ["of a rotating type before DIP24", 5, atOrBelow(dip0024 - 1, 288), 1],
  ])("%s is %i of the four", (_, llmqType, baseHeight, expected) => {
    const right = [1, 2, 3, 4].filter(
      (version) => refusal(commitmentOf(llmqType, { version }), baseHeight) === undefined,
    );
    expect(right).toEqual([expected]);
    const wrong = [1, 2, 3, 4].filter((version) => version !== expected);
    expect(wrong.map((version) => refusal(commitmentOf(llmqType, { version }), baseHeight))).toEqual([
      "version",
      "version",
      "version",
    ]);
  });

  it("turns basic with the base whose next block is at V19", () => {
    const params = { ...MAINNET, activation: { ...MAINNET.activation, v19: 2400 } };
    const versionAt = (baseHeight: Height, height: number) => {
      const own = { ...params, activation: { ...params.activation, v19: height } };
      return [1, 3].find((version) => refusal(commitmentOf(1, { version }), baseHeight, own) === undefined);
    };
    expect([2400, 2401, 2402].map((height) => versionAt(2400, height))).toEqual([3, 3, 1]);
  });
});

describe("a commitment's form", () => {
  const height = 2_999_808; // A multiple of every interval.
  it.each<[string | undefined, number, Partial<FinalCommitment>, Height | undefined]>([
    [undefined, 2, {}, height],
    ["type not configured", 100, {}, height],
    ["size of signers", 2, { signers: makeBitset(Array(399).fill(true)) }, height],
    ["size of validMembers", 2, { validMembers: makeBitset(Array(401).fill(true)) }, height],
    [undefined, 2, { validMembers: firstOf(400, 300) }, height],
    ["too few valid members", 2, { validMembers: firstOf(400, 299) }, height],
    // The threshold of 240 is not enough: minSize must have signed.
    [undefined, 2, { signers: firstOf(400, 300) }, height],
    ["too few signers", 2, { signers: firstOf(400, 299) }, height],
    ["no verification vector hash", 2, { quorumVvecHash: new Uint8Array(32) }, height],
    ["base block above the list", 2, {}, atOrBelow(TIP, 288) + 288],
    ["quorum index", 2, {}, height + 1],
    [undefined, 5, { version: 4, quorumIndex: 31 }, height + 31],
    ["quorum index", 5, { version: 4, quorumIndex: 30 }, height + 31],
    // A base block that is not known has no height to hold the rest against.
    [undefined, 2, { version: 1, quorumIndex: 9 }, undefined],
  ])("%s", (what, llmqType, change, baseHeight) => {
    expect(refusal(commitmentOf(llmqType, change), baseHeight)).toBe(what);
  });

  it("needs no verification vector where one member is the quorum", () => {
    const plain = MAINNET.llmqs.get(1);
    if (!plain) throw new Error("mainnet has type 1");
    const llmqs = new Map(MAINNET.llmqs).set(1, { ...plain, size: 1, minSize: 1, threshold: 1 });
    const params = { ...MAINNET, llmqs };
    const one = makeBitset([true]);
    const change = { signers: one, validMembers: one, quorumVvecHash: new Uint8Array(32) };
    expect(refusal(commitmentOf(1, change), height, params)).toBeUndefined();
  });

  function firstOf(size: number, set: number) {
    return makeBitset(Array.from({ length: size }, (_, i) => i < set));
  }
});

describe("isRotating", () => {
  const rotating = MAINNET.llmqs.get(5);
  const plain = MAINNET.llmqs.get(1);
  it("holds from the first cycle whose base is at DIP24 or above, and never at genesis", () => {
    if (!rotating || !plain) throw new Error("mainnet has both types");
    expect([287, 288, 319, 575, 576].map((base) => isRotating(rotating, base, 300))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(isRotating(rotating, 300, 288)).toBe(true);
    expect(isRotating(rotating, 31, 0)).toBe(false);
    expect(isRotating(plain, 576, 300)).toBe(false);
  });
});
