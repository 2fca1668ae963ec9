import type { ErrorCode } from "../../errors.ts";

/** One penalty as the runner reports it. */
export interface NodePenalty {
  readonly points: number;
  readonly code: ErrorCode;
  readonly isBan: boolean;
}

/** What came of a run. Plain data, printed as one line of JSON. */
export interface Outcome {
  readonly name: string;
  readonly seed: number;
  readonly passed: boolean;
  /** Why not, one sentence each. */
  readonly reasons: readonly string[];
  /** The script came to its end. */
  readonly finished: boolean;
  readonly isSynced: boolean;
  /** The client's state is the honest chain's. */
  readonly isHonestState: boolean;
  readonly differences: readonly string[];
  readonly state: FinalState;
  readonly problem: string | undefined;
  readonly cannotVerify: readonly string[];
  /** By node, in order. */
  readonly penalties: Readonly<Record<string, readonly NodePenalty[]>>;
  readonly bans: readonly string[];
  /** Codes by node, each once. */
  readonly caughtBy: Readonly<Record<string, readonly string[]>>;
  /** Penalties of nodes that did nothing wrong. */
  readonly falseAccusations: readonly string[];
  /** What the client believed at any time that is not the network's, one sentence each. */
  readonly falseBeliefs: readonly string[];
  /** How often each fault struck, by node; 0: never, though it is there for every message or connection. */
  readonly strikes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly rounds: number;
  readonly requests: { readonly headers: number; readonly qrinfo: number; readonly mnlistdiff: number };
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly timeMs: number;
  readonly failed: number;
  readonly recovered: number;
  readonly givenUp: number;
  /** Only of a scenario that is played twice: what was not the same again. */
  readonly differs?: readonly string[];
}

/** What the client believes at the end. */
export interface FinalState {
  readonly tipHeight: number | undefined;
  readonly tipHash: string | undefined;
  readonly listHeight: number | undefined;
  readonly listRoot: string | undefined;
  readonly masternodes: number | undefined;
  /** How many needed ones there are, and a digest of their hashes, keys and statuses. */
  readonly quorums: string;
  readonly chainLock: string | undefined;
}
