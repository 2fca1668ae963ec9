import { beforeAll, describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import { networkParams } from "../../params/index.ts";
import { hasVectors, readVector } from "../../test/vectors.ts";
import { decode, encode } from "../../wire/codec.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { extractMatches } from "../../wire/merkle.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import type { SmlEntry } from "../../wire/smlEntry.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import type { MasternodeList } from "../masternodeList.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { fieldsOfDiff } from "./diffFields.ts";
import { mine, withMerkleRoot } from "./forge.ts";
import { expectUnchanged, freeze, remember } from "./frozen.ts";
import { KnownChain } from "./knownChain.ts";
import { factsOfList } from "./listFacts.ts";
import { makeDiff } from "./madeDiff.ts";
import { applyAllDiffs, Scenario } from "./scenario.ts";

const PROTOCOL = 70240;
const APPLIED = "applied";

/**
 * What a flipped bit of a field ends in. `applied` stands only where nothing commits to the bit; the list that comes
 * out is then the honest one.
 */
const OUTCOMES: Record<string, readonly string[]> = {
  version: ["wire/unsupported-version"],
  baseBlockHash: ["engine/unknown-base"],
  blockHash: ["engine/unknown-block"],
  totalTransactions: ["wire/bad-merkle-proof"],
  "merkleHashes count": ["wire/oversized", "wire/trailing-bytes", "wire/truncated"],
  merkleHashes: ["engine/coinbase-proof-mismatch"],
  "merkleFlags count": ["wire/oversized", "wire/trailing-bytes", "wire/truncated"],
  merkleFlags: [APPLIED, "engine/coinbase-not-first", "wire/bad-merkle-proof"],
  cbTx: [
    "engine/coinbase-proof-mismatch",
    "engine/no-coinbase-payload",
    "wire/truncated",
    "wire/unsupported-version",
  ],
  "deletedMNs count": ["wire/truncated"],
  deletedMNs: ["engine/unknown-deletion"],
  "mnList count": ["wire/trailing-bytes", "wire/truncated", "wire/unsupported-version"],
  "mnList.version": ["wire/non-canonical", "wire/unsupported-version"],
  "mnList.proRegTxHash": ["engine/merkle-root-mismatch"],
  "mnList.confirmedHash": ["engine/merkle-root-mismatch"],
  "mnList.service": ["engine/merkle-root-mismatch"],
  "mnList.pubKeyOperator": ["engine/merkle-root-mismatch"],
  "mnList.keyIDVoting": ["engine/merkle-root-mismatch"],
  "mnList.isValid": ["engine/merkle-root-mismatch", "wire/non-canonical"],
  "mnList.type": ["wire/invalid-value", "wire/truncated", "wire/unsupported-version"],
  "mnList.platformHTTPPort": ["engine/merkle-root-mismatch"],
  "mnList.platformNodeID": ["engine/merkle-root-mismatch"],
  "deletedQuorums count": ["wire/truncated", "wire/unsupported-version"],
  "deletedQuorums.llmqType": [
    "engine/duplicate-entry",
    "engine/quorum-root-mismatch",
    "engine/unknown-deletion",
  ],
  "deletedQuorums.quorumHash": ["engine/unknown-deletion"],
  "newQuorums count": ["wire/trailing-bytes", "wire/truncated"],
  "newQuorums.version": [
    "engine/quorum-root-mismatch",
    "wire/non-canonical",
    "wire/truncated",
    "wire/unsupported-version",
  ],
  "newQuorums.llmqType": ["engine/duplicate-entry", "engine/quorum-root-mismatch"],
  "newQuorums.quorumHash": ["engine/quorum-root-mismatch"],
  "newQuorums.quorumIndex": ["engine/quorum-root-mismatch"],
  "newQuorums.signers count": [
    "engine/quorum-root-mismatch",
    "wire/non-canonical",
    "wire/truncated",
    "wire/unsupported-version",
  ],
  "newQuorums.signers": ["engine/quorum-root-mismatch", "wire/non-canonical"],
  "newQuorums.validMembers count": [
    "engine/quorum-root-mismatch",
    "wire/non-canonical",
    "wire/unsupported-version",
  ],
  "newQuorums.validMembers": ["engine/quorum-root-mismatch", "wire/non-canonical"],
  "newQuorums.quorumPublicKey": ["engine/quorum-root-mismatch"],
  "newQuorums.quorumVvecHash": ["engine/quorum-root-mismatch"],
  "newQuorums.quorumSig": ["engine/quorum-root-mismatch"],
  "newQuorums.membersSig": ["engine/quorum-root-mismatch"],
  "quorumsCLSigs count": ["wire/trailing-bytes", "wire/truncated"],
  "quorumsCLSigs.signature": [APPLIED],
  "quorumsCLSigs.indexes count": ["wire/trailing-bytes", "wire/truncated"],
  "quorumsCLSigs.indexes": [APPLIED],
};

/**
 * What nothing commits to: padding bits of merkleFlags, the number of transactions as long as the tree has the same
 * height, quorumsCLSigs, and the version of an entry (which cannot change on the wire without moving its other
 * fields).
 */
const UNCOMMITTED = ["merkleFlags", "quorumsCLSigs.indexes", "quorumsCLSigs.signature"];

/** @returns `applied` or the code of the refusal; an accepted message must give exactly the honest list */
function outcomeOf(
  bytes: Uint8Array,
  honest: MasternodeList,
  state: EngineState,
  context: EngineContext,
): string {
  try {
    const { list } = applyDiff(state, decode(mnListDiff(PROTOCOL), bytes), context);
    expect(factsOfList(list)).toEqual(factsOfList(honest));
    return APPLIED;
  } catch (error) {
    if (!(error instanceof DashlightError)) throw error;
    return error.code;
  }
}

function flip(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[at] = (flipped[at] as number) ^ (1 << bit);
  return flipped;
}

describe("a made diff", () => {
  const { diff, state, context } = makeDiff();
  const bytes = encode(mnListDiff(PROTOCOL), diff);

  it("is refused with any bit flipped that is committed to", () => {
    const honest = applyDiff(state, decode(mnListDiff(PROTOCOL), bytes), context).list;
    expect(honest.masternodes.length).toBe(4);
    const held = remember(state);
    const uncommitted = new Set<string>();
    for (const { name, start, size } of fieldsOfDiff(diff)) {
      for (let at = start; at < start + size; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const outcome = outcomeOf(flip(bytes, at, bit), honest, state, context);
          if (!isExpected(name, outcome)) expect.fail(`${name} at ${at}, bit ${bit}: ${outcome}`);
          if (outcome === APPLIED) uncommitted.add(name);
        }
      }
    }
    expectUnchanged(held);
    // It brings no quorumsCLSigs, and its block has one transaction.
    expect([...uncommitted]).toEqual(["merkleFlags"]);
  });
});

if (hasVectors("regtest/faults-b")) {
  describe("a recorded diff", () => {
    const scenario = new Scenario("faults-b");
    const context: EngineContext = {
      params: scenario.params,
      chain: scenario.chain,
      isValidSignature: () => true,
    };
    const diff = decode(mnListDiff(PROTOCOL), scenario.bytes("mnlistdiff/592-616.bin"));
    let state: EngineState;
    beforeAll(() => {
      state = freeze(applyAllDiffs(scenario, context).state);
    });

    it("is refused with any bit flipped that is committed to", () => {
      const outcomes = new Map<string, Set<string>>();
      const held = remember(state);
      for (const file of ["mnlistdiff/592-616.bin", "mnlistdiff/zero-694.bin"]) {
        const original = scenario.bytes(file);
        const honest = applyDiff(state, decode(mnListDiff(PROTOCOL), original), context).list;
        const fields = fieldsOfDiff(decode(mnListDiff(PROTOCOL), original));
        expect(fields.reduce((sum, { size }) => sum + size, 0)).toBe(original.length);
        for (const { name, start, size } of fields) {
          const seen = outcomes.get(name) ?? new Set();
          outcomes.set(name, seen);
          for (let at = start; at < start + size; at++) {
            for (const bit of size <= 4 ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8]) {
              seen.add(outcomeOf(flip(original, at, bit), honest, state, context));
            }
          }
        }
      }
      expectUnchanged(held);
      expect(Object.fromEntries([...outcomes].map(([name, seen]) => [name, [...seen].sort()]))).toEqual(
        OUTCOMES,
      );
      const uncommitted = [...outcomes].filter(([, seen]) => seen.has(APPLIED)).map(([name]) => name);
      expect(uncommitted.sort()).toEqual(UNCOMMITTED);
    });

    it("takes an entry's version on trust, since no hash covers it", () => {
      const other = { ...(diff.mnList[0] as SmlEntry), version: 1 };
      const { list } = applyDiff(state, { ...diff, mnList: [other] }, context);
      expect(list.masternodes.find(({ entry }) => entry === other)?.entry.version).toBe(1);
    });

    it("takes the number of transactions on trust within a tree of the same height", () => {
      const others = [1, 2, 3, 4].map((last) => new Uint8Array(32).fill(last));
      const forged = mine(diff, {}, context, others);
      expect(forged.diff.totalTransactions).toBe(5);
      const outcome = (totalTransactions: number) => {
        try {
          return applyDiff(state, { ...forged.diff, totalTransactions }, forged.context).list.header;
        } catch (error) {
          return error instanceof DashlightError ? error.code : `${error}`;
        }
      };
      expect([4, 5, 6, 7, 8, 9].map(outcome)).toEqual([
        "wire/bad-merkle-proof",
        "verified",
        "verified",
        "verified",
        "verified",
        "wire/bad-merkle-proof",
      ]);
    });
  });
}

/** A byte position of each field, spread over the message by a fixed seed. */
function* sample(fieldNames: ReadonlyMap<string, { start: number; size: number }[]>, perField: number) {
  let seed = 0x9e3779b9;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  for (const [name, stretches] of fieldNames) {
    for (let i = 0; i < perField; i++) {
      const { start, size } = stretches[next(stretches.length)] as { start: number; size: number };
      yield { name, at: start + next(size), bit: next(8) };
    }
  }
}

/** In other messages, what says how the rest is to be read can shift it into any other mistake of form. */
function isExpected(field: string, outcome: string): boolean {
  if (OUTCOMES[field]?.includes(outcome)) return true;
  if (field === "totalTransactions") return outcome === APPLIED;
  return / count$|^cbTx$|\.version$|\.type$/.test(field) && outcome.startsWith("wire/");
}

const BIG = [
  { network: "testnet", file: "mnlistdiff_0_905762_p70230.bin", height: 905762, perField: 6 },
  { network: "mainnet", file: "mnlistdiff_0_2449941_p70236.bin", height: 2449941, perField: 2 },
] as const;

for (const { network, file, height, perField } of BIG) {
  if (!hasVectors(`${network}/mnlistdiff`)) continue;
  describe(`${network}/${file}`, () => {
    const bytes = readVector(`${network}/mnlistdiff/${file}`);
    const diff = decode(mnListDiff(PROTOCOL), bytes);
    let context: EngineContext;
    let honest: MasternodeList;
    beforeAll(() => {
      const known = new KnownChain().addHash(height, toHashHex(diff.blockHash));
      // Mainnet's header is not recorded: the root of the honest proof stands in for it.
      const chain = withMerkleRoot(known, height, extractMatches(diff).root);
      context = { params: networkParams(network), chain, isValidSignature: () => true };
      honest = applyDiff(EMPTY_ENGINE, diff, context).list;
    });

    it("is refused with any sampled bit flipped that is committed to", () => {
      const byName = new Map<string, { start: number; size: number }[]>();
      for (const { name, start, size } of fieldsOfDiff(diff)) {
        if (size > 0) byName.set(name, [...(byName.get(name) ?? []), { start, size }]);
      }
      let flips = 0;
      for (const { name, at, bit } of sample(byName, perField)) {
        const outcome = outcomeOf(flip(bytes, at, bit), honest, EMPTY_ENGINE, context);
        if (!isExpected(name, outcome)) expect.fail(`${name} at ${at}, bit ${bit}: ${outcome}`);
        flips++;
      }
      expect(flips).toBe(perField * byName.size);
    });
  });
}
