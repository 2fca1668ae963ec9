import type { SyncTuning } from "../worker/syncTuning.ts";

/** The tuning as form fields hold it: numbers as text, and empty where there is no limit of one's own. */
export type TuningDraft = {
  readonly [Field in keyof SyncTuning]: SyncTuning[Field] extends boolean ? boolean : string;
};

export function toTuningDraft(tuning: SyncTuning): TuningDraft {
  return {
    maxQrInfoSpan: textOf(tuning.maxQrInfoSpan),
    extraShare: tuning.extraShare,
    qrInfoTimeoutMs: textOf(tuning.qrInfoTimeoutMs),
    mnListDiffTimeoutMs: textOf(tuning.mnListDiffTimeoutMs),
    maxPerPeer: textOf(tuning.maxPerPeer),
    maxConcurrent: textOf(tuning.maxConcurrent),
    adaptiveConcurrency: tuning.adaptiveConcurrency,
    isSequential: tuning.isSequential,
  };
}

/** What is wrong with a value is the engine's to say; this only gives fields their types. */
export function toTuning(draft: TuningDraft): SyncTuning {
  return {
    maxQrInfoSpan: limitOrNone(draft.maxQrInfoSpan),
    extraShare: draft.extraShare,
    qrInfoTimeoutMs: Number(draft.qrInfoTimeoutMs),
    mnListDiffTimeoutMs: Number(draft.mnListDiffTimeoutMs),
    maxPerPeer: Number(draft.maxPerPeer),
    maxConcurrent: limitOrNone(draft.maxConcurrent),
    adaptiveConcurrency: draft.adaptiveConcurrency,
    isSequential: draft.isSequential,
  };
}

function textOf(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function limitOrNone(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}
