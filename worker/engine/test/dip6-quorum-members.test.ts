import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import type { LlmqParams } from "../../params/llmq.ts";
import type { NetworkParams } from "../../params/types.ts";
import { encode, i32, makeBitset } from "../../wire/codec.ts";
import { computeCommitmentHash, makeFinalCommitment } from "../../wire/finalCommitment.ts";
import { type BlockHash, compareBytes, fromHashHex, type QuorumHash, sha256d } from "../../wire/hashes.ts";
import { MnType } from "../../wire/smlEntry.ts";
import type { EngineContext } from "../context.ts";
import { ListEntry } from "../masternodeList.ts";
import { memberListHeight, rankEntries, selectMembers } from "../members.ts";
import { makeQuorumEntry } from "../quorumSet.ts";
import { statusOf } from "../state.ts";
import { describeStatus, judge } from "./judge.ts";
import { KnownChain } from "./knownChain.ts";
import { madeCommitment, madeEntry } from "./madeEntries.ts";
import { holding, madeHash, makeCbTx, makeList } from "./madeLists.ts";

describe("members of a plain quorum", () => {
  const V20 = 2000;
  const MAINNET = networkParams("mainnet");
  const params: NetworkParams = { ...MAINNET, activation: { ...MAINNET.activation, v19: 1500, v20: V20 } };
  const llmq = llmqOf(params, 2);
  const chain = new KnownChain();
  for (let height = 1400; height <= 2200; height++) chain.addHash(height, madeHash(height));
  const context: EngineContext = { params, chain, isValidSignature: () => true };
  const signature = new Uint8Array(96).fill(0xc1);

  /** Thirty masternodes, every third of them Evo, some banned, some unconfirmed. */
  const masternodes = Array.from({ length: 30 }, (_, id) => {
    const isEvo = id % 3 === 0;
    return new ListEntry(
      madeEntry(id, {
        isValid: id % 10 !== 7,
        confirmedHash: fromHashHex<BlockHash>(id % 10 === 4 ? "00".repeat(32) : madeHash(id)),
        type: isEvo ? MnType.evo : MnType.regular,
        platformHTTPPort: isEvo ? 443 : undefined,
        platformNodeID: isEvo ? new Uint8Array(20) : undefined,
      }),
    );
  }).sort((a, b) => compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash));
  const listAt = (height: number) =>
    makeList({ height, hash: madeHash(height), masternodes, cbTx: makeCbTx(height, signature) });

  function membersWith(modifier: Uint8Array, size: number, evoOnly = false): string[] {
    const candidates = evoOnly ? masternodes.filter(({ entry }) => entry.type === MnType.evo) : masternodes;
    return rankEntries(candidates, modifier)
      .slice(0, size)
      .map(({ key }) => key);
  }

  const clModifier = (type: number, height: number) =>
    sha256d(Uint8Array.of(type), encode(i32, height), signature);
  const hashModifier = (type: number, height: number) =>
    sha256d(Uint8Array.of(type), fromHashHex(madeHash(height)));

  it.each([
    // Before V20: list and hash of the base itself.
    { base: 1990, list: 1990, modifier: hashModifier(2, 1990) },
    { base: V20 - 2, list: V20 - 2, modifier: hashModifier(2, V20 - 2) },
    // At the seam the list is the work block's already, and the modifier still the base's hash.
    { base: V20 - 1, list: V20 - 9, modifier: hashModifier(2, V20 - 1) },
    { base: V20 + 6, list: V20 - 2, modifier: hashModifier(2, V20 + 6) },
    // The first work block for which V20 is active after it has no ChainLock in its own coinbase yet.
    { base: V20 + 7, list: V20 - 1, modifier: hashModifier(2, V20 - 1) },
    { base: V20 + 8, list: V20, modifier: clModifier(2, V20) },
    { base: 2100, list: 2092, modifier: clModifier(2, 2092) },
  ])("with base $base come from the list at $list", ({ base, list, modifier }) => {
    expect(memberListHeight(base, V20)).toBe(list);
    const outcome = selectMembers(holding(listAt(list)), llmq, base, context);
    expect("members" in outcome ? outcome.members.map(({ key }) => key) : outcome).toEqual(
      membersWith(modifier, 400),
    );
    // Banned and unconfirmed ones are left out, so there are fewer members than the quorum has seats.
    expect("members" in outcome && outcome.members.length).toBe(24);
    const others = [list - 1, list + 1, base, base - 8].filter((height) => height !== list).map(listAt);
    expect(selectMembers(holding(...others), llmq, base, context)).toEqual({
      missing: { code: "list-missing", height: list },
    });
  });

  it("are Evo only for the network's Platform type, from V19 on", () => {
    const platform = llmqOf(params, params.llmqTypePlatform);
    const membersAt = (own: LlmqParams, base: number, network = params) => {
      const state = holding(listAt(base), listAt(base - 8));
      const outcome = selectMembers(state, own, base, { ...context, params: network });
      return "members" in outcome ? outcome.members.map(({ key }) => key) : [];
    };
    expect(membersAt(platform, 2100)).toEqual(membersWith(clModifier(4, 2092), 100, true));
    // Active after 1499, so for a base at 1499 too.
    expect(membersAt(platform, 1499)).toEqual(membersWith(hashModifier(4, 1499), 100, true));
    expect(membersAt(platform, 1498)).toEqual(membersWith(hashModifier(4, 1498), 100));
    // Testnet's Platform type is 6: its type 4 is open to all.
    const testnet = { ...params, llmqTypePlatform: 6 };
    expect(membersAt(platform, 2100, testnet)).toEqual(membersWith(clModifier(4, 2092), 100));
  });

  it("are as many as the quorum has seats", () => {
    const small = { ...llmq, size: 5 };
    const outcome = selectMembers(holding(listAt(2092)), small, 2100, context);
    expect("members" in outcome && outcome.members.map(({ key }) => key)).toEqual(
      membersWith(clModifier(2, 2092), 5),
    );
  });
});

describe("a commitment's signatures", () => {
  let bls: Bls;
  const secretKeys = [1, 2, 3].map((last) => new Uint8Array(32).fill(0x33).with(31, last));
  const quorumKey = new Uint8Array(32).fill(0x44);
  const REGTEST = networkParams("regtest");
  const base = 480;
  const chain = new KnownChain().addHash(base, madeHash(base)).addHash(base - 8, madeHash(base - 8));

  beforeAll(async () => {
    bls = await createMclBls();
  });

  /** Judges a quorum whose members are the first `count` of three masternodes with known keys. */
  async function judgeQuorum(
    { count, size, minSize = 1 }: { count: number; size: number; minSize?: number },
    make: (sign: {
      readonly members: (message: Uint8Array) => Uint8Array;
      readonly alone: (message: Uint8Array) => Uint8Array;
    }) => {
      readonly signers: readonly boolean[];
      readonly validMembers?: readonly boolean[];
      readonly membersSig: (message: Uint8Array) => Uint8Array;
    },
  ): Promise<string> {
    const llmqs = new Map(REGTEST.llmqs).set(100, { ...llmqOf(REGTEST, 100), size, minSize, threshold: 1 });
    const activation = { ...REGTEST.activation, v19: 1, v20: 1 };
    const params: NetworkParams = { ...REGTEST, llmqs, activation };
    const context: EngineContext = { params, chain, isValidSignature: () => true };
    const masternodes = secretKeys
      .slice(0, count)
      .map((key, id) => new ListEntry(madeEntry(id, { pubKeyOperator: bls.publicKey(key, "basic") })))
      .sort((a, b) => compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash));
    const state = holding(makeList({ height: base - 8, hash: madeHash(base - 8), masternodes }));
    const used = secretKeys.slice(0, count);
    const { signers, validMembers, membersSig } = make({
      members: (message) => bls.signSecureAggregate(used, message, "basic"),
      alone: (message) => bls.sign(used[0] as Uint8Array, message, "basic"),
    });
    const fields = {
      ...madeCommitment(100, 0),
      quorumHash: fromHashHex<QuorumHash>(madeHash(base)),
      signers: makeBitset(signers),
      validMembers: makeBitset(validMembers ?? signers),
      quorumPublicKey: bls.publicKey(quorumKey, "basic"),
    };
    const message = computeCommitmentHash(fields);
    const quorumSig = bls.sign(quorumKey, message, "basic");
    const quorum = makeQuorumEntry(
      makeFinalCommitment({ ...fields, quorumSig, membersSig: membersSig(message) }),
    );
    return describeStatus(statusOf(await judge(state, [quorum], context, bls), quorum));
  }

  it("are checked against the members there are, where they are fewer than the seats", async () => {
    const two = { count: 2, size: 3 };
    expect(
      await judgeQuorum(two, ({ members }) => ({ signers: [true, true, false], membersSig: members })),
    ).toBe("verified");
    // A bit for a member that does not exist refutes it, whatever was signed.
    const both = [true, true, false];
    const all = [true, true, true];
    for (const [signers, validMembers] of [
      [all, all],
      [all, both],
      [both, all],
    ] as const) {
      expect(await judgeQuorum(two, ({ members }) => ({ signers, validMembers, membersSig: members }))).toBe(
        "invalid(members-signature)",
      );
    }
    expect(
      await judgeQuorum(two, ({ members }) => ({ signers: [true, false, false], membersSig: members })),
    ).toBe("invalid(members-signature)");
  });

  it("of a quorum of one are that member's own", async () => {
    const one = { count: 1, size: 1 };
    expect(await judgeQuorum(one, ({ alone }) => ({ signers: [true], membersSig: alone }))).toBe("verified");
    expect(await judgeQuorum(one, ({ members }) => ({ signers: [true], membersSig: members }))).toBe(
      "invalid(members-signature)",
    );
    const none = { count: 0, size: 1 };
    expect(
      await judgeQuorum(none, () => ({ signers: [true], membersSig: () => new Uint8Array(96).fill(1) })),
    ).toBe("invalid(members-signature)");
  });
});

function llmqOf(params: NetworkParams, type: number): LlmqParams {
  const llmq = params.llmqs.get(type);
  if (!llmq) throw new Error(`type ${type} is not configured`);
  return llmq;
}
