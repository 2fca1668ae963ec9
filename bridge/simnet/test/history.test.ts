import { beforeAll, describe, expect, it } from "vitest";
import { createBls } from "../../../worker/bls/index.ts";
import { loadX11 } from "../../../worker/node/loadX11.ts";
import { countBits } from "../../../worker/wire/codec.ts";
import type { FinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import {
  type BlockHash,
  compareBytes,
  type Height,
  isZero,
  type Txid,
  toHashHex,
} from "../../../worker/wire/hashes.ts";
import { SnapshotSkipMode } from "../../../worker/wire/qrInfo.ts";
import { readSpecialPayload } from "../../../worker/wire/specialTx.ts";
import { TxType } from "../../../worker/wire/tx.ts";
import { SimChain, type SimChainOptions } from "../chain.ts";
import { type Masternode, MasternodeList, outpointKey } from "../consensus/masternodes.ts";
import { Dice } from "../dice.ts";
import { SIM_LLMQS } from "../params.ts";
import { Scenario } from "../scenario.ts";
import { START_TIME_SECONDS } from "./testPeer.ts";

async function makeChain(options: Partial<SimChainOptions> = {}): Promise<SimChain> {
  const [bls, x11] = [await createBls(), await loadX11()];
  return new SimChain({
    seed: 3,
    masternodes: 120,
    blocks: 470,
    llmqs: SIM_LLMQS,
    startTimeSeconds: START_TIME_SECONDS,
    bls,
    x11,
    ...options,
  });
}

interface Mined {
  readonly height: Height;
  readonly commitment: FinalCommitment;
  readonly isNull: boolean;
}

function commitmentsOf(chain: SimChain): Mined[] {
  return Array.from({ length: chain.tipHeight + 1 }, (_, height) =>
    chain.block(height).transactions.flatMap((tx) => {
      const special = readSpecialPayload(tx);
      if (special?.type !== TxType.quorumCommitment) return [];
      const { commitment } = special.payload;
      expect(special.payload.height).toBe(height);
      return [{ height, commitment, isNull: isZero(commitment.quorumPublicKey) }];
    }),
  ).flat();
}

describe("the past", () => {
  let chain: SimChain;
  let mined: Mined[];
  beforeAll(async () => {
    chain = await makeChain();
    mined = commitmentsOf(chain);
  });

  it("ends now, 150 s a block, and every hash meets the target and links to the one before", () => {
    expect(chain.tip.header.time).toBe(START_TIME_SECONDS);
    const target = new Uint8Array(32).fill(0xff);
    for (let height = 1; height <= chain.tipHeight; height++) {
      const { header, hash, headerBytes } = chain.block(height);
      expect(header.prevBlockHash).toEqual(chain.hashAt(height - 1));
      expect(header.time - chain.block(height - 1).header.time).toBe(150);
      target[0] = 0x7f;
      expect(compareBytes(hash.slice().reverse(), target)).toBeLessThan(0);
      expect(headerBytes).toHaveLength(80);
    }
  });

  it("spends nothing twice, and only what is there", () => {
    const unspent = new Set<string>();
    for (let height = 1; height <= chain.tipHeight; height++) {
      const { transactions, txids } = chain.block(height);
      transactions.forEach((tx, i) => {
        if (i > 0)
          for (const { prevOut } of tx.inputs) expect(unspent.delete(outpointKey(prevOut))).toBe(true);
        tx.outputs.forEach((_, index) => {
          unspent.add(outpointKey({ txid: txids[i] as Txid, index }));
        });
      });
    }
  });

  it("mines commitments in their window only, each quorum once, and null ones until then", () => {
    const done = new Set<string>();
    for (const { height, commitment, isNull } of mined) {
      const llmq = chain.llmq(commitment.llmqType);
      const key = `${llmq.type} ${toHashHex(commitment.quorumHash)}`;
      const offset = height % llmq.dkgInterval;
      expect(offset).toBeGreaterThanOrEqual(llmq.dkgMiningWindowStart);
      expect(offset).toBeLessThanOrEqual(llmq.dkgMiningWindowEnd);
      expect(chain.heightOf(commitment.quorumHash)).toBe(height - offset + commitment.quorumIndex);
      expect(done.has(key), key).toBe(false);
      if (!isNull) done.add(key);
    }
    expect(mined.filter(({ isNull }) => isNull).length).toBeGreaterThan(100);
  });

  it("has no commitment with too few valid members or signers, and some with a few missing", () => {
    const real = mined.filter(({ isNull }) => !isNull).map(({ commitment }) => commitment);
    for (const { llmqType, signers, validMembers } of real) {
      const { minSize } = chain.llmq(llmqType);
      expect(Math.min(countBits(signers), countBits(validMembers))).toBeGreaterThanOrEqual(minSize);
    }
    expect(real.some(({ signers, validMembers }) => countBits(signers) < countBits(validMembers))).toBe(true);
    expect(real.some(({ validMembers }) => countBits(validMembers) < validMembers.length)).toBe(true);
  });

  it.each(SIM_LLMQS.map(({ type, name }) => ({ type, name })))(
    "$name forms, and fails now and then",
    ({ type }) => {
      const llmq = chain.llmq(type);
      const simLlmq = SIM_LLMQS.find((each) => each.type === type);
      const formed = mined.filter(({ commitment, isNull }) => commitment.llmqType === type && !isNull);
      expect(formed.length).toBeGreaterThanOrEqual(llmq.signingActiveQuorumCount);
      const last = Math.max(...formed.map(({ commitment }) => chain.heightOf(commitment.quorumHash) ?? 0));
      if (simLlmq?.lastBaseHeight !== undefined) {
        expect(last).toBeLessThanOrEqual(simLlmq.lastBaseHeight);
        return;
      }
      expect(last).toBeGreaterThan(chain.tipHeight - 2 * llmq.dkgInterval);
      const perCycle = llmq.useRotation ? llmq.signingActiveQuorumCount : 1;
      expect(formed.length).toBeLessThan(Math.floor(chain.tipHeight / llmq.dkgInterval) * perCycle);
    },
  );

  it("holds at least six rotating cycles that formed, each with one index missing at most", () => {
    const llmq = chain.llmq(5);
    const formed = mined.filter(({ commitment, isNull }) => commitment.llmqType === 5 && !isNull);
    const cycles = new Map<Height, number>();
    for (const { commitment } of formed) {
      const cycle = (chain.heightOf(commitment.quorumHash) ?? 0) - commitment.quorumIndex;
      cycles.set(cycle, (cycles.get(cycle) ?? 0) + 1);
    }
    expect(cycles.size).toBeGreaterThanOrEqual(6);
    expect(Math.max(...cycles.keys())).toBe(chain.tipHeight - (chain.tipHeight % llmq.dkgInterval));
    for (const count of cycles.values()) expect(count).toBeGreaterThanOrEqual(3);
  });
});

describe("the number of masternodes", () => {
  it.each([
    { present: 139, kind: "register" },
    { present: 142, kind: "leave" },
  ])("settles: with $present there the next is to $kind", ({ present, kind }) => {
    const masternodes = Array.from(
      { length: present },
      (_, i) => ({ id: `${i}`, isValid: true, pubKeyOperator: new Uint8Array(48) }) as unknown as Masternode,
    );
    const scenario = new Scenario(new Dice("settled"), 120);
    const events = scenario.eventsAt(13 * 29 * 2, () => new MasternodeList(masternodes));
    expect(events.map((event) => event.kind)).toEqual([kind]);
  });
});

describe("other networks", () => {
  it("with few masternodes draws with skip lists", async () => {
    const chain = await makeChain({ masternodes: 24, blocks: 440 });
    const snapshots = [192, 240, 288, 336, 384, 432].map((cycle) => chain.snapshotAt(cycle));
    const skipping = snapshots.filter((snapshot) => snapshot?.mnSkipListMode === SnapshotSkipMode.skipFirst);
    expect(skipping.length).toBeGreaterThan(2);
    expect(skipping.some((snapshot) => (snapshot?.mnSkipList.length ?? 0) > 1)).toBe(true);
  });

  it("has a snapshot from the cycle's base block on, not before", async () => {
    const chain = await makeChain({ blocks: 47 });
    expect(chain.snapshotAt(48)).toBeUndefined();
    chain.mine(1);
    expect(chain.snapshotAt(48)).toBeDefined();
    expect(chain.snapshotAt(0)).toBeUndefined();
  });

  it("takes other sizes and intervals", async () => {
    const llmqs = SIM_LLMQS.map((llmq) =>
      llmq.useRotation
        ? { ...llmq, size: 16, minSize: 12, threshold: 10, signingActiveQuorumCount: 2, dkgInterval: 24 }
        : { ...llmq, size: 6, minSize: 4, threshold: 4 },
    );
    const chain = await makeChain({ llmqs, blocks: 190 });
    expect(chain.tip.quorums.ofType(5).map(({ commitment }) => commitment.signers.length)).toEqual([16, 16]);
    expect(chain.bestChainLock?.blockHash).toEqual(chain.tip.hash as BlockHash);
  });

  it.each([
    ["a rotating type with three quorums", { signingActiveQuorumCount: 3 }],
    ["no rotating type", { useRotation: false }],
  ])("refuses %s", async (_, change) => {
    const llmqs = SIM_LLMQS.map((llmq) => (llmq.type === 5 ? { ...llmq, ...change } : llmq));
    await expect(makeChain({ llmqs, blocks: 1 })).rejects.toThrow(RangeError);
  });
});
