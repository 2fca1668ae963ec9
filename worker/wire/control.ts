import { bool, type Codec, type Decoded, fixedBytes, hash256, struct, u64 } from "./codec.ts";
import type { ProTxHash } from "./hashes.ts";

/** verack, getaddr, mempool, sendaddrv2, sendheaders, sendheaders2: the command says it all. */
export const empty: Codec<undefined> = { minSize: 0, read: () => undefined, write: () => {} };

/** ping and pong: a number to echo. */
export const pingNonce: Codec<bigint> = u64;

export const sendCmpct = struct({ highBandwidth: bool, version: u64 });
export type SendCmpct = Decoded<typeof sendCmpct>;

/** Whether CoinJoin queues are wanted. */
export const sendDsq: Codec<boolean> = bool;

/**
 * Answer of a masternode to the challenge in our version.
 * Source: Core 23.1.2 evo/mnauth.h CMNAuth
 */
export const mnAuth = struct({ proRegTxHash: hash256<ProTxHash>(), /** basic scheme */ sig: fixedBytes(96) });
export type MnAuth = Decoded<typeof mnAuth>;
