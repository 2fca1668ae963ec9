export { type LinkHeaders, linkHeadersIn } from "./headerLinker.ts";
export type { PoolThread, StartThread } from "./jobQueue.ts";
export type { PoolEngine, PoolMessage, PoolRequest } from "./messages.ts";
export { poolSize } from "./poolSize.ts";
export { type PoolPort, servePool } from "./thread.ts";
export { VerificationPool } from "./verificationPool.ts";
