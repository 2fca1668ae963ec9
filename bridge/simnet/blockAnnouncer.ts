import type { Height } from "../../worker/wire/hashes.ts";
import type { KnownMessage } from "../../worker/wire/message.ts";
import { blockItem, type HeadersForm, headersMessage } from "./answers.ts";
import type { SimBlock } from "./block.ts";
import type { SimChain } from "./chain.ts";

/** Most blocks announced as headers (Core 23.1.2 net_processing.cpp MAX_BLOCKS_TO_ANNOUNCE). */
const MAX_BLOCKS_TO_ANNOUNCE = 8;

/**
 * How one peer hears of new blocks: as headers where it asked for that and has the block they follow, else by an inv
 * of the tip.
 */
export class BlockAnnouncer {
  readonly #chain: () => SimChain;
  #form: HeadersForm | undefined;
  /** The newest block whose header we sent. */
  #bestSent: SimBlock | undefined;

  /** @param chain - the node's, which may become another */
  constructor(chain: () => SimChain) {
    this.#chain = chain;
  }

  /** If both forms are asked for, the compressed one wins. */
  wish(form: HeadersForm): void {
    if (this.#form !== "headers2") this.#form = form;
  }

  /** @param last - of the headers just sent; none: the peer is at the tip */
  sentHeaders(last: SimBlock | undefined): void {
    this.#bestSent = last ?? this.#chain().tip;
  }

  /** @param blocks - new on the active chain, ascending, at least one */
  announce(blocks: readonly [SimBlock, ...SimBlock[]]): KnownMessage {
    const tip = blocks.at(-1) ?? blocks[0];
    const connects = blocks[0].height - 1 <= this.#knownHeight();
    if (this.#form === undefined || !connects || blocks.length > MAX_BLOCKS_TO_ANNOUNCE) {
      return { command: "inv", payload: [blockItem(tip.hash)] };
    }
    this.#bestSent = tip;
    return headersMessage(blocks, this.#form, "announcement");
  }

  /** Height up to which the peer has the active chain's headers from us; -1: none. */
  #knownHeight(): Height {
    let block = this.#bestSent;
    while (block !== undefined && this.#chain().heightOf(block.hash) === undefined) {
      block = this.#chain().blockByHash(block.header.prevBlockHash);
    }
    return block?.height ?? -1;
  }
}
