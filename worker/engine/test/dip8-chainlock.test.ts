import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, type BlsScheme, createMclBls, type SignatureCheck } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import { SIGN_HEIGHT_OFFSET } from "../../params/llmq.ts";
import type { NetworkParams } from "../../params/types.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { fromHashHex, type Height, type QuorumHash, toHashHex } from "../../wire/hashes.ts";
import { chainLock, computeChainLockRequestId } from "../../wire/locks.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { activeQuorumsAt } from "../activeQuorums.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { computeSignHash, prepareChainLock } from "../locks.ts";
import type { MasternodeList } from "../masternodeList.ts";
import { type QuorumEntry, quorumsOfType } from "../quorumSet.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { KnownChain } from "./knownChain.ts";
import { holding, madeHash, makeList, makeNamedQuorum } from "./madeLists.ts";
import { applyTestnetSeries, testnetChain } from "./testnetSeries.ts";

interface RecordedChainLock {
  /** hex of the message */
  readonly clsig: string;
  readonly height: Height;
  readonly blockHash: string;
  readonly llmqType: number;
  readonly requestId: string;
  readonly candidateQuorums: readonly { readonly quorumHash: string; readonly quorumPublicKey: string }[];
  readonly selectedQuorumHash: string;
  readonly signHash: string;
  readonly sourceCoinbaseHeight?: Height;
  readonly bestCLHeightDiff?: number;
}

let bls: Bls;
beforeAll(async () => {
  bls = await createMclBls();
});

function contextOf(network: string, chain: KnownChain): EngineContext {
  return { params: networkParams(network), chain, isValidSignature: () => true };
}

function hashOf(quorum: QuorumEntry | undefined): string | undefined {
  return quorum && toHashHex(quorum.commitment.quorumHash);
}

/** The quorums a record names, as a set that a list holds. */
function candidatesOf({ llmqType, candidateQuorums }: RecordedChainLock): QuorumEntry[] {
  return candidateQuorums.map((named) => makeNamedQuorum({ llmqType, ...named }));
}

/** Prepares a recorded lock under a list that holds exactly the named candidates, and checks all that is recorded. */
async function expectToVerify(
  recorded: RecordedChainLock,
  state: EngineState,
  context: EngineContext,
): Promise<void> {
  const lock = decode(chainLock, hexToBytes(recorded.clsig));
  expect([lock.height, toHashHex(lock.blockHash)]).toEqual([recorded.height, recorded.blockHash]);
  expect(toHashHex(computeChainLockRequestId(lock.height))).toBe(recorded.requestId);
  const { candidates, missing } = prepareChainLock(state, lock, context);
  expect(missing).toBeUndefined();
  expect(candidates.map(({ quorum }) => hashOf(quorum))).toEqual([recorded.selectedQuorumHash]);
  const checks = candidates.map(({ check }) => check);
  expect(checks.map(({ message }) => toHashHex(message))).toEqual([recorded.signHash]);
  const [check] = checks;
  const forged = checks.map((one) => ({
    ...one,
    message: one.message.map((byte, i) => byte ^ (i === 7 ? 1 : 0)),
  }));
  expect(check && (await bls.verify([check, ...forged]))).toEqual([true, false]);
}

describe("verification.md 18.5: mainnet ChainLock 2240079", () => {
  const recorded: RecordedChainLock = {
    clsig:
      "4f2e220065c5568ad50334f5b361cd5204c662b1966f25a21e6011fc2f00000000000000" +
      "a49ab606f1075afcd0f33a6977ce21b691ff20b1d0c5304018bc24154f0b2fd31f63a7f5ef7c16bd55d71e615dadab2d" +
      "11c9b84d0224aba88dc138552245d3878e0552420fb659b5118b9f05fceada55f98c8dcc960d5676ba1396cbe42a5b67",
    height: 2240079,
    blockHash: "000000000000002ffc11601ea2256f96b162c60452cd61b3f53403d58a56c565",
    llmqType: 2,
    requestId: displayOf("ba992e87c0558c2f6143d2b9c27b36f4367382170d7943551a2489f5a23835a8"),
    candidateQuorums: [
      "000000000000001bc71135a11cd419e28dc7850d9ad62ee7741347fea00c7e57",
      "000000000000002e58a2af52deb6e25e281e9cca0c51adc7a582421980cb513e",
      "00000000000000158b3785cad03b0c6ea72ff0e9f65a15e5948c5ef5541963d5",
      "000000000000000a8d4f26fcab8123b674371d4ddb9b64607020577b7e1dcdee",
    ].map((quorumHash) => ({
      quorumHash,
      quorumPublicKey:
        "a9040d605948797dcfd2cd371683e791f9ecd4dd167e9d27cfc611259aecc1abb65a7db3215768bced8be91040823697",
    })),
    selectedQuorumHash: "000000000000001bc71135a11cd419e28dc7850d9ad62ee7741347fea00c7e57",
    signHash: displayOf("a83e176734358ba2d05f2576141d1f628ad6d4b8dbd666e2b6d94a1c08329676"),
  };
  const set = makeList({ height: 2240071, hash: madeHash(2240071), quorums: candidatesOf(recorded) });
  const chain = new KnownChain().addHash(2240071, toHashHex(set.blockHash));

  it("is signed by the quorum with the smallest score, in whatever order the set is", async () => {
    await expectToVerify(recorded, holding(set), contextOf("mainnet", chain));
    const shuffled = makeList({
      height: 2240071,
      hash: madeHash(2240071),
      quorums: candidatesOf(recorded).reverse(),
    });
    await expectToVerify(recorded, holding(shuffled), contextOf("mainnet", chain));
  });

  it("has the request ids of two more heights", () => {
    const ids = [2243495, 2243496].map((height) => bytesToHex(computeChainLockRequestId(height)));
    expect(ids).toEqual([
      "969ab4a945632f5fba1331f3d2556d317682142cf8aaa6544e407e683c61a177",
      "675aed91d6098cdf575cc09bfd1ff4f750acde1e793f385c3c72bbb400068d28",
    ]);
  });

  it("is kept, not judged, without the set of 8 blocks below", () => {
    const lock = decode(chainLock, hexToBytes(recorded.clsig));
    const nothing = { candidates: [], missing: { code: "quorum-set-missing", height: 2240071 } };
    const context = contextOf("mainnet", chain);
    expect(prepareChainLock(EMPTY_ENGINE, lock, context)).toEqual(nothing);
    // A list off the best chain has a set of another chain.
    expect(prepareChainLock(holding(set), lock, contextOf("mainnet", new KnownChain()))).toEqual(nothing);
    const params: NetworkParams = { ...context.params, llmqTypeChainLocks: 99 };
    expect(prepareChainLock(holding(set), lock, { ...context, params })).toEqual(nothing);
  });

  it("has no signer where the set is empty", () => {
    const lock = decode(chainLock, hexToBytes(recorded.clsig));
    const empty = makeList({ height: 2240071, hash: madeHash(2240071) });
    expect(prepareChainLock(holding(empty), lock, contextOf("mainnet", chain))).toEqual({
      candidates: [],
      missing: { code: "no-quorum", height: 2240071 },
    });
  });

  it("is refused when its block is known at another height", () => {
    const lock = decode(chainLock, hexToBytes(recorded.clsig));
    const elsewhere = new KnownChain().addHash(2240080, recorded.blockHash);
    expect(() => prepareChainLock(holding(set), lock, contextOf("mainnet", elsewhere))).toThrow(
      expect.objectContaining({ code: "engine/malformed-lock" }),
    );
  });
});

if (hasVectors("mainnet/chainlock")) {
  describe("mainnet/chainlock", () => {
    const recorded = [
      readVectorJson<RecordedChainLock>("mainnet/chainlock/clsig_2515965.json"),
      ...readVectorJson<RecordedChainLock[]>("mainnet/chainlock/chainlocks_2513703_2513999.json"),
    ];

    it("is 14 ChainLocks, one of them a message on its own", () => {
      expect(recorded.length).toBe(14);
      const bytes = readVector("mainnet/chainlock/clsig_2515965.bin");
      expect(bytesToHex(bytes)).toBe(recorded[0]?.clsig);
    });

    it.each(recorded)("$height verifies under the quorum that is recorded", async (lock) => {
      const height = lock.height - SIGN_HEIGHT_OFFSET;
      const chain = new KnownChain().addHash(height, madeHash(height));
      const set = makeList({ height, hash: madeHash(height), quorums: candidatesOf(lock) });
      await expectToVerify(lock, holding(set), contextOf("mainnet", chain));
    });
  });
}

if (hasVectors("testnet/chainlock")) {
  describe("testnet/chainlock", () => {
    const chain = testnetChain();
    const context = contextOf("testnet", chain);
    const chainLocks = context.params.llmqs.get(context.params.llmqTypeChainLocks);
    if (!chainLocks) throw new Error("testnet has no type for ChainLocks");

    it("clsig_905775 verifies under the set of mnlistdiff_0_905762", async () => {
      const recorded = readVectorJson<RecordedChainLock>("testnet/chainlock/clsig_905775.json");
      const message = readVector("testnet/chainlock/clsig_905775.bin");
      expect(bytesToHex(message)).toBe(recorded.clsig);
      const diff = decode(mnListDiff(70230), readVector("testnet/mnlistdiff/mnlistdiff_0_905762_p70230.bin"));
      const { state, list } = applyDiff(EMPTY_ENGINE, diff, context);
      expect([list.height, list.header]).toEqual([905762, "verified"]);
      const active = activeQuorumsAt(state, chainLocks, recorded.height - SIGN_HEIGHT_OFFSET, context);
      expect(active?.quorums.map(namesOf).sort()).toEqual(recorded.candidateQuorums.map(named).sort());
      await expectToVerify(recorded, state, context);
    });

    describe("chainlocks_series_530000", () => {
      const recorded = readVectorJson<RecordedChainLock[]>("testnet/chainlock/chainlocks_series_530000.json");
      let state: EngineState;
      let lists: Map<Height, MasternodeList>;
      beforeAll(() => {
        const series = applyTestnetSeries(chain);
        state = series.state;
        lists = new Map(series.lists.map((list) => [list.height, list]));
      });

      it("is what the coinbases of the series carry", () => {
        expect(recorded.length).toBe(21);
        for (const { sourceCoinbaseHeight, height, bestCLHeightDiff, clsig } of recorded) {
          const coinbase = lists.get(sourceCoinbaseHeight ?? 0)?.cbTx.chainLock;
          expect(coinbase?.bestCLHeightDiff).toBe(bestCLHeightDiff);
          expect(height).toBe((sourceCoinbaseHeight ?? 0) - (bestCLHeightDiff ?? 0) - 1);
          expect(coinbase?.bestCLSignature).toEqual(decode(chainLock, hexToBytes(clsig)).sig);
        }
      });

      it("all verifies under the set of the block that carries it", async () => {
        for (const lock of recorded) {
          const quorums = quorumsOfType(lists.get(lock.sourceCoinbaseHeight ?? 0)?.quorums ?? new Map(), 1);
          expect(quorums.map(namesOf).sort()).toEqual(lock.candidateQuorums.map(named).sort());
          const height = lock.height - SIGN_HEIGHT_OFFSET;
          const hash = toHashHex(chain.hashAt(height) ?? new Uint8Array(32));
          await expectToVerify(lock, holding(makeList({ height, hash, quorums })), context);
        }
      });

      it("is judged only where the set 8 below the lock is held, or one of its gap", async () => {
        const judged: Height[] = [];
        for (const lock of recorded) {
          const message = decode(chainLock, hexToBytes(lock.clsig));
          const { missing } = prepareChainLock(state, message, context);
          if (missing) {
            expect(missing).toEqual({ code: "quorum-set-missing", height: lock.height - SIGN_HEIGHT_OFFSET });
            continue;
          }
          await expectToVerify(lock, state, context);
          judged.push(lock.height);
        }
        // 905514 closes a mining window, and the list at 905522 is in the gap above it; all others fall into one.
        expect(judged).toEqual([905522, 905523, 905523]);
      });
    });
  });
}

if (hasVectors("legacy_locks")) {
  describe("legacy_locks", () => {
    interface RecordedLegacyLock extends RecordedChainLock {
      readonly quorumHash: string;
      readonly quorumPublicKey: string;
    }
    const recorded = readVectorJson<RecordedLegacyLock>("legacy_locks/clsig_394216_legacy.json");
    const lock = decode(chainLock, hexToBytes(recorded.clsig));
    const quorumHash = fromHashHex<QuorumHash>(recorded.quorumHash);

    it("clsig_394216 has the recorded hashes", () => {
      expect(lock.height).toBe(recorded.height);
      expect(toHashHex(lock.blockHash)).toBe(recorded.blockHash);
      const requestId = computeChainLockRequestId(lock.height);
      expect(toHashHex(requestId)).toBe(recorded.requestId);
      const signHash = computeSignHash(recorded.llmqType, quorumHash, requestId, lock.blockHash);
      expect(toHashHex(signHash)).toBe(recorded.signHash);
    });

    it("clsig_394216 verifies in the legacy scheme, and in no other", async () => {
      const check = (scheme: BlsScheme, key: BlsScheme): SignatureCheck => ({
        scheme,
        message: fromHashHex(recorded.signHash),
        signature: lock.sig,
        signer: { kind: "single", publicKey: { bytes: hexToBytes(recorded.quorumPublicKey), scheme: key } },
      });
      expect(
        await bls.verify([check("legacy", "legacy"), check("basic", "legacy"), check("basic", "basic")]),
      ).toEqual([true, false, false]);
    });
  });
}

/** Name and key of a quorum, comparable. */
function namesOf({ commitment }: QuorumEntry): string {
  return `${toHashHex(commitment.quorumHash)} ${bytesToHex(commitment.quorumPublicKey)}`;
}

function named({ quorumHash, quorumPublicKey }: RecordedChainLock["candidateQuorums"][number]): string {
  return `${quorumHash} ${quorumPublicKey}`;
}

/** Hashes of verification.md are in wire order. */
function displayOf(wireHex: string): string {
  return toHashHex(hexToBytes(wireHex));
}
