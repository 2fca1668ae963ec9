import type { SimChain } from "../chain.ts";
import type { OwnChain } from "./profile.ts";

/** Seconds from block to block: so few that a fork is never ahead of the network's clock. */
const SPACING_SECONDS = 1;

/**
 * @param label - the node's: two nodes have two forks
 * @throws RangeError if a fork is not to have less work than the network's chain
 */
export function makeOwnChain(network: SimChain, own: OwnChain, label: string): SimChain {
  if (own.kind === "fork" && own.blocks >= own.depth) {
    throw new RangeError(`${own.blocks} blocks on a fork ${own.depth} below the tip are not fewer`);
  }
  const chain = network.fork(network.tipHeight - own.depth, `${label}/`);
  if (own.kind === "fork") for (let i = 0; i < own.blocks; i++) chain.mine(SPACING_SECONDS);
  return chain;
}
