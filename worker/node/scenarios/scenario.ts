import type { NodeProfile } from "../../../bridge/simnet/faults/profile.ts";
import type { SimnetOptions } from "../../../bridge/simnet/network.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Stage } from "./stage.ts";

/** Something that may happen to a client, and what must come of it. */
export interface Scenario {
  /** Lower case, words joined by hyphens; one of a kind. */
  readonly name: string;
  /** One sentence. */
  readonly what: string;
  /** Takes a few seconds at most: part of the quick half. */
  readonly isFast?: boolean;
  readonly simnet?: Partial<Omit<SimnetOptions, "seed" | "profiles" | "bls" | "x11" | "log">>;
  /** What is wrong with each node from the start; none: honest. */
  readonly profiles?: readonly (NodeProfile | undefined)[];
  readonly maxPeers?: number;
  /** What happens over time. Ends when all of it has happened; the client's state is compared behind it. */
  readonly script: (stage: Stage) => Promise<void>;
  /** Error codes that each node is penalised for, by index, each named once. Whoever is not named must keep all points. */
  readonly penalties?: Readonly<Record<number, readonly ErrorCode[]>>;
  /** Not synced at the end: what must be said instead. By default the client is in the honest chain's state. */
  readonly unsynced?: Unsynced;
}

export interface Unsynced {
  /** Code of the problem that is shown; undefined: none need be. */
  readonly problem?: ErrorCode;
  /** Part of a sentence on what cannot be verified. */
  readonly cannotVerify?: string;
}
