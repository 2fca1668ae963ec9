import type { TUNING_RANGES } from "../worker/syncTuning.ts";
import { formatNumber } from "./format.ts";
import type { TuningDraft } from "./tuningDraft.ts";

type NumberField = keyof typeof TUNING_RANGES;
type SwitchField = Exclude<keyof TuningDraft, NumberField>;

export interface TuningText {
  readonly label: string;
  /** What it does to rounds, bytes and memory. */
  readonly hint: string;
}

interface NumberText extends TuningText {
  readonly field: NumberField;
  /** What an empty field stands for. */
  readonly placeholder?: string;
}

/** In the order in which they are shown, before the switches. */
export const TUNING_NUMBERS: readonly NumberText[] = [
  {
    field: "maxConcurrent",
    label: "Requests at the same time",
    placeholder: "auto",
    hint: "1 to 8; empty: two for each usable node, at most 8. Fewer wait in more waves and hold fewer answers in memory; the bytes stay the same.",
  },
  {
    field: "maxPerPeer",
    label: "Requests at the same time to one node",
    hint: "1 or 2. With 2 a node never waits for the next question; with 1 every answer costs a pause as long as the way there and back.",
  },
  {
    field: "qrInfoTimeoutMs",
    label: "Longest wait for a QRInfo, in milliseconds",
    hint: "1,000 to 300,000. Shorter leaves a slow node sooner, and may load the largest answers twice; longer lets a silent one hold up its round.",
  },
  {
    field: "mnListDiffTimeoutMs",
    label: "Longest wait for a list, in milliseconds",
    hint: "1,000 to 300,000. The same for a MnListDiff, which is smaller and comes sooner.",
  },
  {
    field: "maxQrInfoSpan",
    label: "Oldest cycle to ask a QRInfo for",
    placeholder: "any",
    hint: "In cycles below the newest, 0 to 10,000; empty: any. A low limit saves bytes and memory, and leaves old rotating quorums unknown, since their snapshots come in no other message.",
  },
];

export const TUNING_SWITCHES: readonly (TuningText & { readonly field: SwitchField })[] = [
  {
    field: "extraShare",
    label: "Ask each QRInfo for one cycle more",
    hint: "Some more bytes and one more list in memory, and often one round less.",
  },
  {
    field: "adaptiveConcurrency",
    label: "Send less at the same time while many requests fail",
    hint: "Slower on a bad network, with fewer bytes loaded in vain.",
  },
  {
    field: "isSequential",
    label: "One request after another",
    hint: "The slowest and the lightest on memory: each request is a round of its own. For watching what a node does.",
  },
];

/** @returns e.g. "30,000", "any", "on" */
export function tuningValue(value: number | boolean | undefined, placeholder = "none"): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return value === undefined ? placeholder : formatNumber(value);
}
