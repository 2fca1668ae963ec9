export type { ChainBlock } from "./bestChain.ts";
export { computeDevnetGenesis, type DevnetGenesis } from "./devnetGenesis.ts";
export { type AcceptResult, type ChainLockResult, type HashHeaders, HeaderChain } from "./headerChain.ts";
export { MAX_FORK_HEADERS, type Reorg } from "./headerTree.ts";
export type { SavedChain } from "./savedChain.ts";
export { decodeCompact, encodeCompact } from "./target.ts";
