/**
 * What the page and the bridge say to each other. No Node imports, so that `worker/net` can share it.
 *
 * - `GET /bridge/network` answers a {@link BridgeNetwork} as JSON.
 * - `WS /bridge/p2p?peer=HOST:PORT` becomes a TCP connection to that peer: every binary message is passed on as the
 *   bytes it holds, both ways, with back-pressure. The relay looks at the first 4 bytes (network magic) and nothing else.
 */
export const NETWORK_PATH = "/bridge/network";
export const P2P_PATH = "/bridge/p2p";
/** Query name of the peer's address in {@link P2P_PATH}. */
export const PEER_QUERY = "peer";

/** What the bridge was started for. Nothing in it is trusted: parameters of known networks are built in. */
export interface BridgeNetwork {
  /** mainnet, testnet, devnet, regtest or simnet */
  readonly network: string;
  /** For a network that is not built in: parameters in the form of a regtest capture's `params.json`. */
  readonly params?: unknown;
  /** Addresses to try, HOST:PORT, best first. */
  readonly peers: readonly string[];
}

/** Close codes of the relay (4000 to 4999 are free for applications, RFC 6455 7.4.2). */
export const CloseCode = {
  /** The peer closed its side, or the relay is done. */
  peerClosed: 4000,
  /** The query names no valid address. */
  badRequest: 4400,
  /** An address, port or network that this bridge does not relay to. */
  refused: 4403,
  /** The peer cannot be reached. */
  connectFailed: 4404,
  /** The peer did not answer the connection in time. */
  connectTimeout: 4408,
  /** Too many relays at once. */
  tooMany: 4429,
  /** The bridge is shutting down. */
  shuttingDown: 4503,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];
