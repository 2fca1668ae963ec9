import { bytesToHex } from "@noble/hashes/utils.js";
import type { SimChain } from "../../../bridge/simnet/chain.ts";
import type { LightClient } from "../../client.ts";
import { quorumKey } from "../../engine/quorumSet.ts";
import { newestList, statusOf } from "../../engine/state.ts";
import { sha256d, toHashHex } from "../../wire/hashes.ts";
import type { ChainLock } from "../../wire/locks.ts";
import type { FinalState } from "./outcome.ts";

/** A state with every needed quorum in a line of its own: `type:quorumHash status key`, ascending. */
interface FullState extends Omit<FinalState, "quorums"> {
  readonly quorums: readonly string[];
}

/** What the client believes. */
export function finalState(client: LightClient): FinalState {
  const { quorums, ...state } = fullState(client);
  const digest = toHashHex(sha256d(new TextEncoder().encode(quorums.join("\n"))));
  return { ...state, quorums: `${quorums.length}, ${digest.slice(0, 16)}` };
}

function fullState(client: LightClient): FullState {
  const { tip, chainLock } = client.snapshot(undefined);
  const list = newestList(client.engine);
  const quorums = [...(list?.quorums.entries() ?? [])]
    .filter(([, { commitment }]) => client.neededTypes.includes(commitment.llmqType))
    .map(
      ([key, quorum]) =>
        `${key} ${statusOf(client.engine, quorum).status} ${bytesToHex(quorum.commitment.quorumPublicKey)}`,
    );
  return {
    tipHeight: tip?.height,
    tipHash: tip?.hash,
    listHeight: list?.height,
    listRoot: list && toHashHex(list.cbTx.merkleRootMNList),
    masternodes: list?.masternodes.length,
    quorums: quorums.sort(),
    chainLock: chainLock && `${chainLock.height} ${chainLock.blockHash}`,
  };
}

/** What a client must believe that knows the network's chain. */
function honestState(chain: SimChain, neededTypes: readonly number[]): FullState {
  const { tip, tipHeight } = chain;
  const sets = chain.quorumsAt(tipHeight);
  const quorums = neededTypes
    .flatMap((type) => sets.ofType(type))
    .map(({ commitment }) => {
      const { llmqType, quorumHash, quorumPublicKey } = commitment;
      return `${quorumKey(llmqType, quorumHash)} verified ${bytesToHex(quorumPublicKey)}`;
    });
  return {
    tipHeight,
    tipHash: toHashHex(tip.hash),
    listHeight: tipHeight,
    listRoot: tip.cbTx && toHashHex(tip.cbTx.merkleRootMNList),
    masternodes: chain.listAt(tipHeight).length,
    quorums: quorums.sort(),
    chainLock: chain.bestChainLock && nameLock(chain.bestChainLock),
  };
}

function nameLock({ height, blockHash }: ChainLock): string {
  return `${height} ${toHashHex(blockHash)}`;
}

/** @returns a sentence for each part of the client's state that is not the network's */
export function differences(client: LightClient, chain: SimChain): string[] {
  const [actual, expected] = [fullState(client), honestState(chain, client.neededTypes)];
  const named = ["tipHeight", "tipHash", "listHeight", "listRoot", "masternodes", "chainLock"] as const;
  const wrong = named
    .filter((name) => actual[name] !== expected[name])
    .map((name) => `${name} is ${actual[name]}, not ${expected[name]}`);
  const missing = expected.quorums.filter((quorum) => !actual.quorums.includes(quorum));
  const foreign = actual.quorums.filter((quorum) => !expected.quorums.includes(quorum));
  return [
    ...wrong,
    ...missing.map((quorum) => `no quorum ${quorum}`),
    ...foreign.map((quorum) => `a quorum ${quorum}`),
    ...invalidQuorums(client),
  ];
}

/** Simnet's quorums are all valid: nothing that a node says may make one of them invalid. */
export function invalidQuorums(client: LightClient): string[] {
  const { engine } = client;
  const quorums = [...engine.lists.values()].flatMap((list) => [...list.quorums.values()]);
  const invalid = quorums.filter((quorum) => statusOf(engine, quorum).status === "invalid");
  return [...new Set(invalid.map(({ id }) => `quorum ${id} is called invalid`))];
}
