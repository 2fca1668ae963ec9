import type { SimBlock } from "../../../bridge/simnet/block.ts";
import type { Simnet } from "../../../bridge/simnet/network.ts";
import type { MasternodeList } from "../../engine/masternodeList.ts";
import { computeQuorumsRoot, type QuorumEntry } from "../../engine/quorumSet.ts";
import { type EngineState, statusOf } from "../../engine/state.ts";
import { type BlockHash, equalBytes, type HashHex, toHashHex } from "../../wire/hashes.ts";
import type { ChainLock } from "../../wire/locks.ts";

/** Compares what a client believes on its way with the network, everything once: what it unlearns later counts too. */
export class Beliefs {
  /** What is not the network's, on any branch it ever had: one sentence each. */
  readonly wrong: string[] = [];
  readonly #net: Pick<Simnet, "chain" | "nodes">;
  readonly #lists = new WeakSet<MasternodeList>();
  readonly #quorums = new Set<HashHex>();
  #engine: EngineState | undefined;

  constructor(net: Pick<Simnet, "chain" | "nodes">) {
    this.#net = net;
  }

  /** At every list and every verified quorum in them. */
  lookAt(engine: EngineState): void {
    if (engine === this.#engine) return;
    this.#engine = engine;
    for (const list of engine.lists.values()) {
      if (!this.#lists.has(list)) this.#lookAtList(list);
      for (const quorum of list.quorums.values()) {
        const isNew = !this.#quorums.has(quorum.id) && statusOf(engine, quorum).status === "verified";
        if (isNew) this.#lookAtQuorum(quorum, list);
      }
    }
  }

  /** At a verified lock: those below the network's newest are implied by it. */
  lookAtLock({ height, blockHash }: ChainLock): void {
    const { chain } = this.#net;
    if (chain.heightOf(blockHash) === height && height <= (chain.bestChainLock?.height ?? 0)) return;
    this.#note(`a ChainLock at ${height} for ${toHashHex(blockHash)}`);
  }

  #lookAtList(list: MasternodeList): void {
    this.#lists.add(list);
    const block = this.#block(list.blockHash);
    const isTrue =
      block?.cbTx !== undefined &&
      block.height === list.height &&
      equalBytes(block.cbTx.merkleRootMNList, list.tree.root) &&
      equalBytes(block.cbTx.merkleRootQuorums ?? new Uint8Array(), computeQuorumsRoot(list.quorums).root);
    if (!isTrue) this.#note(`a list at ${list.height}, block ${toHashHex(list.blockHash)}`);
  }

  #lookAtQuorum({ id, commitment }: QuorumEntry, { blockHash }: MasternodeList): void {
    this.#quorums.add(id);
    const { llmqType, quorumHash, quorumPublicKey } = commitment;
    const quorums = this.#block(blockHash)?.quorums.ofType(llmqType) ?? [];
    const isTrue = quorums.some(
      ({ commitment: own }) =>
        equalBytes(own.quorumHash, quorumHash) && equalBytes(own.quorumPublicKey, quorumPublicKey),
    );
    if (!isTrue) this.#note(`the key of quorum ${llmqType}:${toHashHex(quorumHash)}`);
  }

  /** Of the network's chain, or of one that a node has for itself. */
  #block(hash: BlockHash): SimBlock | undefined {
    const { chain, nodes } = this.#net;
    return [chain, ...nodes.map((node) => node.chain)]
      .map((each) => each.blockByHash(hash))
      .find((block) => block !== undefined);
  }

  #note(what: string): void {
    this.wrong.push(`it believed ${what}`);
  }
}
