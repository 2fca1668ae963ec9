import type { Command, Message } from "../../../worker/wire/message.ts";
import type { LieName } from "./lies.ts";

/**
 * What is wrong with a node, or just different. Everything is optional and can be combined. Every decision follows
 * from the network's seed, the node's index and what is decided about, never from the time.
 */
export interface NodeProfile {
  /** How the node's bytes travel. */
  readonly line?: LineFaults;
  /** Whether the node can be connected to. */
  readonly door?: DoorFault;
  /** Messages that do not come as they should. */
  readonly messages?: MessageFaults;
  /** Messages that are not well-formed. */
  readonly frames?: FrameFaults;
  /** Messages that nobody asked for. */
  readonly unsolicited?: UnsolicitedMessages;
  /** Headers of many short forks. */
  readonly headerSpam?: HeaderSpam;
  /** A chain of the node's own instead of the network's. */
  readonly chain?: OwnChain;
  /** What the node lies about; see LIES. Lies are told in this order. */
  readonly lies?: readonly LieName[];
  /** Changes, or swallows (undefined), any message; after the lies, before it is encoded. */
  readonly tamper?: Tamper;
  /**
   * Of an older node; the lower one of both sides decides the encodings, as always. Default: the current one. This and
   * `relay` hold for connections made from then on.
   */
  readonly protocolVersion?: number;
  /** false: a blocks-only node, which disconnects those who ask for a qrinfo. */
  readonly relay?: boolean;
}

export type Tamper = (message: Message) => Message | undefined;

/** Which of the messages that a node sends are hit. */
export interface Hits {
  /** Share of them, 0 to 1. */
  readonly share: number;
  /** Every message of these commands. By default all answers to requests, but no pongs. */
  readonly commands?: readonly Command[];
}

/** Bytes keep their order, whatever the line does to them. */
export interface LineFaults {
  /** From sending to arrival; what the peer sends arrives at once, so a round trip takes this long too. */
  readonly latencyMs?: number;
  /** Up to so much is added to the latency of each message. */
  readonly jitterMs?: number;
  /** Of each connection. */
  readonly bytesPerSecond?: number;
  /** Everything comes in tiny pieces with pauses between. */
  readonly drip?: { readonly pieceBytes: number; readonly pauseMs: number };
  /** In the middle of a message the line goes quiet: for a while, or for good. */
  readonly stall?: Hits & { readonly forMs?: number };
  /** In the middle of a message the connection ends. */
  readonly cut?: Hits;
}

/**
 * - `closed`: nobody listens, new connections are refused. Those that stand go on.
 * - `resets`: new connections are accepted and reset at once. Those that stand go on.
 * - `restart`: drops all connections and is closed for a while.
 * Without `forMs`: until the node is healed.
 */
export type DoorFault =
  | { readonly kind: "closed" | "resets"; readonly forMs?: number }
  | { readonly kind: "restart"; readonly forMs: number };

export interface MessageFaults {
  /** Are never sent. The peer's next request is answered as ever, its ping too. */
  readonly lose?: Hits;
  /** Come twice in a row. */
  readonly duplicate?: Hits;
  /** Come right behind the next pong, which so looks like a refusal. */
  readonly late?: Hits;
  /** Answers change places with the next; pongs between wait too. One that no other follows soon comes alone. */
  readonly swap?: Hits;
  /** Hold more items than their command may. By default all `inv`, `headers` and `headers2`, and no others can. */
  readonly overlong?: Hits;
}

export interface FrameFaults {
  readonly badChecksum?: Hits;
  /** The length field is above what any message may have; the payload itself is as it was. */
  readonly oversize?: Hits;
  /** The frame begins with another network's magic. */
  readonly otherMagic?: Hits;
  /** Random bytes are in front of the frame. */
  readonly garbage?: Hits;
}

export type UnsolicitedCommand = "mnlistdiff" | "qrinfo" | "headers" | "clsig";

/** True messages, once each after the handshake. */
export interface UnsolicitedMessages {
  readonly commands: readonly UnsolicitedCommand[];
  /** Share of the answers before which they all come again; 0 by default. */
  readonly share?: number;
}

/** Valid headers with proof of work that lead nowhere, on forks. */
export interface HeaderSpam {
  /** How many come, unsolicited, after the handshake. */
  readonly forks: number;
  /** Headers of each. */
  readonly length: number;
  /** They leave the chain at its first block; by default anywhere in its lower half. */
  readonly fromGenesis?: boolean;
  /** One more comes, unsolicited, before every answer and pong, and no fork comes twice. */
  readonly isEndless?: boolean;
  /** Also answers getheaders with them, and never with true headers. */
  readonly answers?: boolean;
}

/**
 * Counted from the tip the network has when the node gets the profile; the node hears nothing of the network from then
 * on, and catches up when it is healed.
 * - `stale`: stands still so many blocks below.
 * - `fork`: leaves the network's chain `depth` blocks below and has `blocks` of its own there, fewer than `depth`.
 */
export type OwnChain =
  | { readonly kind: "stale"; readonly depth: number }
  | { readonly kind: "fork"; readonly depth: number; readonly blocks: number };
