import type { NetworkName, Settings } from "../worker/api.ts";
import { type TuningDraft, toTuning, toTuningDraft } from "./tuningDraft.ts";

/** The settings as form fields hold them: text, and empty for "not set". */
export interface SettingsDraft {
  readonly network: NetworkName | "";
  readonly bridgeUrl: string;
  readonly ownNode: string;
  /** Undefined: those the network signs with. */
  readonly neededLlmqTypes: readonly number[] | undefined;
  readonly maxPeers: string;
  readonly tuning: TuningDraft;
}

export const MIN_PEERS = 1;
export const MAX_PEERS = 8;

export function toDraft(settings: Settings): SettingsDraft {
  return {
    network: settings.network ?? "",
    bridgeUrl: settings.bridgeUrl ?? "",
    ownNode: settings.ownNode ?? "",
    neededLlmqTypes: settings.neededLlmqTypes,
    maxPeers: String(settings.maxPeers),
    tuning: toTuningDraft(settings.tuning),
  };
}

/** What is wrong with a value is the engine's to say; this only gives fields their types. */
export function toSettings(draft: SettingsDraft): Settings {
  return {
    network: draft.network === "" ? undefined : draft.network,
    bridgeUrl: textOrUndefined(draft.bridgeUrl),
    ownNode: textOrUndefined(draft.ownNode),
    neededLlmqTypes: draft.neededLlmqTypes,
    maxPeers: Number(draft.maxPeers),
    tuning: toTuning(draft.tuning),
  };
}

/** @returns the types with one added or taken away, ascending */
export function toggleType(types: readonly number[], llmqType: number): readonly number[] {
  const others = types.filter((type) => type !== llmqType);
  return others.length < types.length ? others : [...types, llmqType].sort((a, b) => a - b);
}

function textOrUndefined(text: string): string | undefined {
  return text.trim() === "" ? undefined : text.trim();
}
