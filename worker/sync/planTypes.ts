import type { Height } from "../wire/hashes.ts";
import type { GetMnListDiff } from "../wire/mnListDiff.ts";
import type { GetQRInfo } from "../wire/qrInfo.ts";
import type { PlanCosts } from "./planCosts.ts";

/** What goes first when not everything can go at once. */
export type Priority = "critical" | "high" | "normal" | "low";

export interface QrInfoRequest {
  readonly kind: "qrinfo";
  readonly request: GetQRInfo;
  /** Work block that mnListDiffH of the answer must end at. */
  readonly workHeight: Height;
  /** What the answer will bring. */
  readonly coverage: {
    /** Heights of lists, newest first. */
    readonly workHeights: readonly Height[];
    /** Cycles, by their base, newest first. */
    readonly snapshots: readonly Height[];
    /** Whether the tip's list is among it. */
    readonly tip: boolean;
  };
  readonly priority: Priority;
  readonly reason: string;
  readonly estimatedBytes: number;
}

export interface MnListDiffRequest {
  readonly kind: "mnlistdiff";
  readonly request: GetMnListDiff;
  /** Zero: the empty list. */
  readonly baseHeight: Height;
  readonly height: Height;
  readonly priority: Priority;
  /** Why this list, and why no qrinfo brings it. */
  readonly reason: string;
  readonly estimatedBytes: number;
  /** Nobody has said yet that the list is needed: it only is likely to be. */
  readonly isSpeculative: boolean;
}

export type SyncRequest = QrInfoRequest | MnListDiffRequest;

export interface SyncPlan {
  readonly qrInfoRequests: readonly QrInfoRequest[];
  readonly mnListDiffRequests: readonly MnListDiffRequest[];
  /** All of them. Each comes after those whose lists it builds on; they may be sent side by side all the same. */
  readonly requests: readonly SyncRequest[];
  /** By request: the one whose answer must be applied before its own can be. */
  readonly dependencies: ReadonlyMap<SyncRequest, SyncRequest>;
  /** A rotating cycle waits for data of this plan. */
  readonly rotatingValidationNeeded: boolean;
  /** Snapshots are missing and no peer sends them: lists come by mnlistdiff, rotating quorums stay unknown. */
  readonly fallbackToMnListDiff: boolean;
  readonly estimatedBytes: number;
  readonly estimatedDurationMs: number;
  /** One line a decision, for people. */
  readonly rationale: readonly string[];
}

/** What a plan depends on besides what is missing. */
export interface PlanOptions {
  /** Height of the best header. */
  readonly tipHeight: Height;
  readonly neededTypes: readonly number[];
  /** False where no peer answers a getqrinfo: then lists come by mnlistdiff alone. */
  readonly canAskQrInfo: boolean;
  /** Work blocks of cycles whose qrinfo no peer sends. */
  readonly isCycleExhausted?: (workHeight: Height) => boolean;
  readonly costs?: PlanCosts;
  /** How many cycles below the tip's a qrinfo's requested block may lie; any by default. */
  readonly maxQrInfoSpan?: number | undefined;
  /** Whether a qrinfo may be asked for the fourth cycle back as well, where that is missing; true by default. */
  readonly extraShare?: boolean;
  /** Heights whose list no peer sends, which nothing else must be based on. */
  readonly unavailable?: (height: Height) => boolean;
}
