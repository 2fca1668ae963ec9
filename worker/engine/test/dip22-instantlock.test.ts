import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import type { LlmqParams } from "../../params/llmq.ts";
import type { NetworkParams } from "../../params/types.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import {
  type BlockHash,
  fromHashHex,
  type Hash256,
  type Height,
  type QuorumHash,
  type Txid,
  toHashHex,
} from "../../wire/hashes.ts";
import { computeInstantLockRequestId, type InstantLock, instantLock } from "../../wire/locks.ts";
import { transaction } from "../../wire/tx.ts";
import type { EngineContext } from "../context.ts";
import { computeSignHash, type LockPreparation, prepareInstantLock, signerIndex } from "../locks.ts";
import type { MasternodeList } from "../masternodeList.ts";
import type { QuorumEntry } from "../quorumSet.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { KnownChain } from "./knownChain.ts";
import { holding, madeHash, makeList, makeNamedQuorum } from "./madeLists.ts";

/** A lock as the vectors describe it; hashes in display order. */
interface RecordedLock {
  readonly version: number | null;
  readonly inputs: readonly { readonly txid: string; readonly vout: number }[];
  readonly txid: string;
  readonly cycleHash: string | null;
  readonly signature: string;
  readonly requestId: string;
}

interface SignedLock extends RecordedLock {
  readonly llmqType: number;
  readonly quorumHash: string;
  readonly signHash: string;
  readonly signerIndex: number;
  readonly signingActiveQuorumCount: number;
}

let bls: Bls;
beforeAll(async () => {
  bls = await createMclBls();
});

function toLock(recorded: RecordedLock): InstantLock {
  return {
    version: 1,
    inputs: recorded.inputs.map(({ txid, vout }) => ({ txid: fromHashHex<Txid>(txid), index: vout })),
    txid: fromHashHex<Txid>(recorded.txid),
    // Locks before DIP-24 name no cycle.
    cycleHash: fromHashHex<BlockHash>(recorded.cycleHash ?? madeHash(0)),
    sig: hexToBytes(recorded.signature),
  };
}

function signHashOf({ llmqType, quorumHash }: SignedLock, lock: InstantLock): string {
  const requestId = computeInstantLockRequestId(lock);
  return toHashHex(computeSignHash(llmqType, fromHashHex<QuorumHash>(quorumHash), requestId, lock.txid));
}

describe("verification.md 18.6: a mainnet isdlock", () => {
  const lock = decode(
    instantLock,
    hexToBytes(
      "01018d53e7997ead57409750942af0d5e0aafc06f852a9a52308f4781b6a8220298f00000000c6f9d8c63dd15937ea70" +
        "aaddb7890daad42c91bf6818e2bf76d183d6f2d9215b4b5f84978fad9dde7ab52bdcc0674be891e9029cc1ef0cb01200" +
        "000000000000a27c98836c4c04653ab81eb4e07ddfc2c8c2c1036b75247969c05a4f25451cd78913a971f1899d9f2bdd" +
        "ec9cf8e0104004f72f20c2856453e5aa3bcd2a8200670ec28feda38f67cc400fc72ef1966956656ec0765478c9d16e9a" +
        "9e470c07f9ed",
    ),
  );
  const requestId = computeInstantLockRequestId(lock);

  it("has its request id and sign hash", () => {
    expect(bytesToHex(requestId)).toBe("481ca36cf80fde8fda333915e33c27014dad65fa9f3b54bc4d8bc45be7c81ddf");
    const quorumHash = fromHashHex<QuorumHash>(
      "00000000000000197368b224f2f01031991dd07aad0b43b2293a51fce8853ba0",
    );
    expect(bytesToHex(computeSignHash(5, quorumHash, requestId, lock.txid))).toBe(
      "6fcbf58004b118d865a448bf89d9299c64d4ecedd754dabec655090224de91cd",
    );
  });

  it("is signed by index 23: one bit below the highest five, neither 13 (lowest) nor 27 (highest)", () => {
    expect(signerIndex(requestId, 32)).toBe(23);
    // The index is read from the id's own bytes, wherever they lie in their buffer.
    const elsewhere = new Uint8Array(40);
    elsewhere.set(requestId, 5);
    expect(signerIndex(elsewhere.subarray(5, 37), 32)).toBe(23);
  });
});

describe("prepareInstantLock", () => {
  const base = networkParams("regtest");
  const params: NetworkParams = base;
  const rotating = llmqOf(params, params.llmqTypeInstantSend);
  const interval = rotating.dkgInterval;
  const cycle = 20 * interval;
  const secretKeys = [1, 2, 3, 4].map((last) => new Uint8Array(32).fill(0x11).with(31, last));
  const lock: InstantLock = {
    version: 1,
    inputs: [{ txid: fromHashHex<Txid>(madeHash(1, 1)), index: 3 }],
    txid: fromHashHex<Txid>(madeHash(2, 1)),
    cycleHash: fromHashHex<BlockHash>(madeHash(cycle)),
    sig: new Uint8Array(96),
  };
  const requestId = computeInstantLockRequestId(lock);
  const index = signerIndex(requestId, rotating.signingActiveQuorumCount);
  let chain: KnownChain;
  let context: EngineContext;
  /** Signers of the lock's own cycle and of the one before it. */
  let current: QuorumEntry;
  let previous: QuorumEntry;

  beforeAll(() => {
    chain = new KnownChain();
    for (let height = cycle - interval; height <= cycle + 2 * interval; height++)
      chain.addHash(height, madeHash(height));
    context = { params, chain, isValidSignature: () => true };
    current = quorumOf(cycle + index, 0);
    previous = quorumOf(cycle - interval + index, 1);
  });

  function quorumOf(height: Height, key: number, quorumIndex = index, llmqType = rotating.type): QuorumEntry {
    const secretKey = secretKeys[key] as Uint8Array;
    const quorumPublicKey = bytesToHex(bls.publicKey(secretKey, "basic"));
    return makeNamedQuorum({ llmqType, quorumHash: madeHash(height), quorumPublicKey, quorumIndex });
  }

  function listAt(height: Height, ...quorums: QuorumEntry[]): MasternodeList {
    return makeList({ height, hash: madeHash(height), quorums });
  }

  /** The lock with the signature of one of the made keys for a quorum. */
  function signedBy(quorum: QuorumEntry, key: number, id: Hash256 = requestId): InstantLock {
    const { llmqType, quorumHash } = quorum.commitment;
    const message = computeSignHash(llmqType, quorumHash, id, lock.txid);
    return { ...lock, sig: bls.sign(secretKeys[key] as Uint8Array, message, "basic") };
  }

  function prepare(
    state: EngineState,
    { tip = cycle + 2 * interval, of = lock }: { tip?: Height; of?: InstantLock } = {},
  ): LockPreparation {
    return prepareInstantLock(state, of, tip, context);
  }

  const verdicts = ({ candidates }: LockPreparation) => bls.verify(candidates.map(({ check }) => check));
  const signers = ({ candidates }: LockPreparation) => candidates.map(({ quorum }) => quorum);

  it("tries the set at the end of the lock's cycle, then the one an interval earlier", async () => {
    const endOfCycle = cycle + interval - 1;
    const state = holding(listAt(endOfCycle, current), listAt(endOfCycle - interval, previous));
    const byCurrent = prepare(state, { of: signedBy(current, 0) });
    expect(signers(byCurrent)).toEqual([current, previous]);
    expect(byCurrent.missing).toBeUndefined();
    expect(await verdicts(byCurrent)).toEqual([true, false]);
    expect(await verdicts(prepare(state, { of: signedBy(previous, 1) }))).toEqual([false, true]);
    // A key of the right quorum over another request is no signature of this lock.
    const other = computeInstantLockRequestId({ ...lock, inputs: [...lock.inputs, ...lock.inputs] });
    expect(await verdicts(prepare(state, { of: signedBy(current, 0, other) }))).toEqual([false, false]);
  });

  it("uses the set at the tip while the cycle is not over", () => {
    const [last, before] = [cycle + interval - 1, cycle + interval - 3];
    const closed = holding(listAt(last, current), listAt(before, previous));
    // The sets of both heights lie in one gap, so the tip's own height decides only inside a mining window.
    expect(signers(prepare(closed, { tip: cycle + interval }))).toEqual([current]);
    const inWindow = cycle + rotating.dkgMiningWindowStart + 2;
    const open = holding(
      listAt(inWindow, current),
      listAt(inWindow - interval, previous),
      listAt(last, previous),
    );
    expect(signers(prepare(open, { tip: inWindow }))).toEqual([current, previous]);
    expect(prepare(holding(listAt(last, current)), { tip: inWindow }).missing).toEqual({
      code: "quorum-set-missing",
      height: inWindow,
    });
    // The cycle is over only when the tip is above the next cycle's base.
    expect(prepare(EMPTY_ENGINE, { tip: cycle + interval }).missing).toEqual({
      code: "quorum-set-missing",
      height: cycle + interval,
    });
    expect(prepare(EMPTY_ENGINE, { tip: cycle + interval + 1 }).missing).toEqual({
      code: "quorum-set-missing",
      height: last,
    });
  });

  it("names the first set that is missing, and still tries the other", async () => {
    const endOfCycle = cycle + interval - 1;
    const onlyPrevious = prepare(holding(listAt(endOfCycle - interval, previous)), {
      of: signedBy(previous, 1),
    });
    expect(signers(onlyPrevious)).toEqual([previous]);
    expect(onlyPrevious.missing).toEqual({ code: "quorum-set-missing", height: endOfCycle });
    expect(await verdicts(onlyPrevious)).toEqual([true]);
    const onlyCurrent = prepare(holding(listAt(endOfCycle, current)));
    expect(signers(onlyCurrent)).toEqual([current]);
    expect(onlyCurrent.missing).toEqual({ code: "quorum-set-missing", height: endOfCycle - interval });
  });

  it("takes a quorum of an older cycle from the set when the DKGs since then failed", () => {
    const endOfCycle = cycle + interval - 1;
    const state = holding(listAt(endOfCycle, previous), listAt(endOfCycle - interval, previous));
    expect(signers(prepare(state))).toEqual([previous, previous]);
  });

  it("has no signer where the index has no quorum", () => {
    const endOfCycle = cycle + interval - 1;
    const other = quorumOf(cycle, 2, 1 - index);
    const state = holding(listAt(endOfCycle, other), listAt(endOfCycle - interval, other));
    expect(prepare(state)).toEqual({ candidates: [], missing: { code: "no-quorum", height: endOfCycle } });
    // One set without the index, the other missing: what is missing may still have it.
    expect(prepare(holding(listAt(endOfCycle, other))).missing).toEqual({
      code: "quorum-set-missing",
      height: endOfCycle - interval,
    });
  });

  it("checks a quorum from before V19 under its key in legacy encoding", () => {
    const legacy: QuorumEntry = { ...current, commitment: { ...current.commitment, version: 2 } };
    const [candidate] = prepare(holding(listAt(cycle + interval - 1, legacy))).candidates;
    expect(candidate?.check.scheme).toBe("basic");
    expect(candidate?.check.signer).toMatchObject({ kind: "single", publicKey: { scheme: "legacy" } });
  });

  it("selects by score where the InstantSend type does not rotate", () => {
    const plain = llmqOf(params, 104);
    const own: EngineContext = { ...context, params: { ...params, llmqTypeInstantSend: plain.type } };
    const a = quorumOf(cycle, 0, 0, plain.type);
    const b = quorumOf(cycle + interval, 1, 0, plain.type);
    const state = holding(listAt(cycle + interval - 1, a, b), listAt(cycle - 1, b));
    const { candidates } = prepareInstantLock(state, lock, cycle + 2 * interval, own);
    const scores = [a, b].map((quorum) => toHashHex(scoreOf(quorum)));
    const smallest = compareWire(scores[0] as string, scores[1] as string) < 0 ? a : b;
    expect(candidates.map(({ quorum }) => quorum)).toEqual([smallest, b]);
  });

  /** The quorum's selection hash: a sign hash without its message. */
  function scoreOf({ commitment }: QuorumEntry): Hash256 {
    return computeSignHash(commitment.llmqType, commitment.quorumHash, requestId, new Uint8Array(0));
  }

  function compareWire(a: string, b: string): number {
    return Buffer.compare(fromHashHex(a), fromHashHex(b));
  }

  it("keeps a lock of an unknown cycle, and of a network without the type", () => {
    const unknown = { candidates: [], missing: { code: "block-unknown" } };
    const cycleHash = fromHashHex<BlockHash>(madeHash(cycle, 7));
    expect(prepare(EMPTY_ENGINE, { of: { ...lock, cycleHash } })).toEqual(unknown);
    const bare: EngineContext = { ...context, params: { ...params, llmqs: new Map() } };
    expect(prepareInstantLock(EMPTY_ENGINE, lock, cycle, bare)).toEqual(unknown);
  });

  const input = { txid: fromHashHex<Txid>(madeHash(1, 1)), index: 3 };
  it.each<[string, Partial<InstantLock>]>([
    ["no txid", { txid: new Uint8Array(32) as Txid }],
    ["no inputs", { inputs: [] }],
    ["an input twice", { inputs: [input, { ...input, index: 4 }, { ...input }] }],
    ["cycleHash is not a cycle base", { cycleHash: fromHashHex<BlockHash>(madeHash(cycle + 1)) }],
  ])("refuses a lock that can never be valid: %s", (what, change) => {
    expect(() => prepare(EMPTY_ENGINE, { of: { ...lock, ...change } })).toThrow(
      expect.objectContaining({ facts: { code: "engine/malformed-lock", what } }),
    );
  });
});

if (hasVectors("instantsend")) {
  describe("instantsend", () => {
    it("isdlock_devnet verifies under the quorum with its index", async () => {
      interface DevnetLock extends SignedLock {
        readonly candidateQuorums: readonly {
          readonly quorumIndex: number;
          readonly quorumHash: string;
          readonly quorumPublicKey: string;
        }[];
      }
      const recorded = readVectorJson<DevnetLock>("instantsend/isdlock_devnet.json");
      const lock = decode(instantLock, readVector("instantsend/isdlock_devnet.bin"));
      expect(lock).toEqual(toLock(recorded));
      const params = networkParams("devnet");
      const { dkgInterval } = llmqOf(params, params.llmqTypeInstantSend);
      expect(recorded.llmqType).toBe(params.llmqTypeInstantSend);
      // The capture does not tell the height; any cycle base will do.
      const cycle = 100 * dkgInterval;
      const height = cycle + dkgInterval - 1;
      const quorums = recorded.candidateQuorums.map((named) => makeNamedQuorum({ llmqType: 105, ...named }));
      const chain = new KnownChain()
        .addHash(cycle, toHashHex(lock.cycleHash))
        .addHash(height, madeHash(height));
      const context: EngineContext = { params, chain, isValidSignature: () => true };
      const state = holding(makeList({ height, hash: madeHash(height), quorums }));
      const { candidates } = prepareInstantLock(state, lock, cycle + 2 * dkgInterval, context);
      expect(candidates.map(({ quorum }) => toHashHex(quorum.commitment.quorumHash))).toEqual([
        recorded.quorumHash,
      ]);
      expect(candidates[0]?.quorum.commitment.quorumIndex).toBe(recorded.signerIndex);
      const checks = candidates.map(({ check }) => check);
      expect(checks.map(({ message }) => toHashHex(message))).toEqual([recorded.signHash]);
      const others = quorums.flatMap(({ commitment }) =>
        checks.map((check) => ({
          ...check,
          signer: {
            kind: "single" as const,
            publicKey: { bytes: commitment.quorumPublicKey, scheme: "basic" as const },
          },
        })),
      );
      expect(await bls.verify([...checks, ...others])).toEqual([true, false, true]);
    });

    const selections = readVectorJson<(SignedLock & { isdlock: string })[]>(
      "instantsend/isdlock_mainnet_selection.json",
    );
    it.each(selections)("mainnet lock of $txid has index $signerIndex", (recorded) => {
      const lock = decode(instantLock, hexToBytes(recorded.isdlock));
      expect(lock).toEqual(toLock(recorded));
      const requestId = computeInstantLockRequestId(lock);
      expect(toHashHex(requestId)).toBe(recorded.requestId);
      expect(signerIndex(requestId, recorded.signingActiveQuorumCount)).toBe(recorded.signerIndex);
      expect(signHashOf(recorded, lock)).toBe(recorded.signHash);
    });

    it("has 2 of those", () => {
      expect(selections.length).toBe(2);
    });

    it("islock_verifiable_basic: the message of before DIP-24 verifies", async () => {
      interface OldLock extends SignedLock {
        readonly quorumPublicKey: string;
      }
      const locks = readVectorJson<OldLock[]>("instantsend/islock_verifiable_basic.json");
      expect(locks.length).toBe(1);
      for (const recorded of locks) {
        const lock = toLock(recorded);
        expect(toHashHex(computeInstantLockRequestId(lock))).toBe(recorded.requestId);
        expect(signHashOf(recorded, lock)).toBe(recorded.signHash);
        const publicKey = { bytes: hexToBytes(recorded.quorumPublicKey), scheme: "basic" as const };
        const check = (message: Uint8Array) => ({
          scheme: "basic" as const,
          message,
          signature: lock.sig,
          signer: { kind: "single" as const, publicKey },
        });
        const signHash = fromHashHex(recorded.signHash);
        expect(await bls.verify([check(signHash), check(lock.txid)])).toEqual([true, false]);
      }
    });

    it("islock_decode: the request ids are the recorded ones", () => {
      const locks = readVectorJson<(RecordedLock & { hex: string; message: string })[]>(
        "instantsend/islock_decode.json",
      );
      for (const recorded of locks) {
        const lock = toLock(recorded);
        if (recorded.message === "isdlock")
          expect(decode(instantLock, hexToBytes(recorded.hex))).toEqual(lock);
        expect(toHashHex(computeInstantLockRequestId(lock))).toBe(recorded.requestId);
      }
      expect(locks.map(({ message }) => message)).toEqual(["isdlock", "isdlock", "islock"]);
    });

    it("assetlock_tx_with_isdlock: the lock names the transaction and its inputs, in order", () => {
      const recorded = readVectorJson<{ tx: string; isdlock: string; requestId: string; txid: string }>(
        "instantsend/assetlock_tx_with_isdlock.json",
      );
      const lock = decode(instantLock, hexToBytes(recorded.isdlock));
      const { inputs } = decode(transaction, hexToBytes(recorded.tx));
      expect(lock.inputs).toEqual(inputs.map(({ prevOut }) => prevOut));
      expect(toHashHex(lock.txid)).toBe(recorded.txid);
      expect(toHashHex(computeInstantLockRequestId(lock))).toBe(recorded.requestId);
    });
  });
}

function llmqOf(params: NetworkParams, type: number): LlmqParams {
  const llmq = params.llmqs.get(type);
  if (!llmq) throw new Error(`type ${type} is not configured`);
  return llmq;
}
