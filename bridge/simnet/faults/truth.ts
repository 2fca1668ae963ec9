import type { SimChain } from "../chain.ts";

/** What a node would say to one peer if it were honest follows from these. */
export interface Truth {
  readonly chain: SimChain;
  /** Of the connection: the lower one of both sides. */
  readonly protocolVersion: number;
}
