import { DashlightError } from "../errors.ts";
import { DEFAULT_TUNING, type InvalidSetting, readTuning, type SyncTuning } from "../syncTuning.ts";

const NETWORKS = ["mainnet", "testnet", "devnet", "regtest", "simnet"] as const;
const MAX_PEERS = 8;
/** LLMQ types are one byte on the wire. */
const MAX_LLMQ_TYPE = 0xff;

/** `Settings` of the public contract, which lies above this layer; a test holds the two together. */
export interface StoredSettings {
  readonly network: (typeof NETWORKS)[number] | undefined;
  readonly bridgeUrl: string | undefined;
  readonly ownNode: string | undefined;
  readonly neededLlmqTypes: readonly number[] | undefined;
  readonly maxPeers: number;
  readonly tuning: SyncTuning;
}

export const DEFAULT_SETTINGS: StoredSettings = {
  network: undefined,
  bridgeUrl: undefined,
  ownNode: undefined,
  neededLlmqTypes: undefined,
  /** As many as sync plans were measured with. */
  maxPeers: 4,
  tuning: DEFAULT_TUNING,
};

export interface SettingsReading {
  /** With the default in the place of each field that is missing or invalid. */
  readonly settings: StoredSettings;
  /** Fields that are there but invalid. */
  readonly invalid: readonly InvalidSetting[];
}

/** @returns what is right with it, a value of any shape; fields it should not have are left out */
export function readSettings(value: unknown): SettingsReading {
  const fields = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const invalid: InvalidSetting[] = [];
  const read = <T>(
    field: keyof StoredSettings,
    otherwise: T,
    is: (given: unknown) => given is T,
    rule: string,
  ) => {
    const given = fields[field];
    if (given === undefined) return otherwise;
    if (is(given)) return given;
    invalid.push(new DashlightError({ code: "client/invalid-setting", field, reason: rule }));
    return otherwise;
  };
  const none = DEFAULT_SETTINGS;
  const { tuning, invalid: invalidTuning } = readTuning(fields.tuning);
  const settings: StoredSettings = {
    network: read("network", none.network, isNetwork, `must be one of ${NETWORKS.join(", ")}`),
    bridgeUrl: read("bridgeUrl", none.bridgeUrl, isBridgeUrl, "must be an http or https URL"),
    ownNode: read("ownNode", none.ownNode, isNodeAddress, "must be HOST:PORT"),
    neededLlmqTypes: read(
      "neededLlmqTypes",
      none.neededLlmqTypes,
      isTypeList,
      "must be LLMQ types, each once",
    ),
    maxPeers: read("maxPeers", none.maxPeers, isPeerCount, `must be 1 to ${MAX_PEERS}`),
    tuning,
  };
  return { settings, invalid: [...invalid, ...invalidTuning] };
}

function isNetwork(value: unknown): value is StoredSettings["network"] {
  return NETWORKS.some((network) => network === value);
}

function isBridgeUrl(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** A name, an IPv4 address or an IPv6 address in brackets, and a port. */
function isNodeAddress(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const match = /^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(value);
  const port = Number(match?.[1]);
  return port >= 1 && port <= 0xffff && URL.canParse(`http://${value}`);
}

function isTypeList(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || new Set(value).size !== value.length) return false;
  return value.every((type) => Number.isInteger(type) && type >= 1 && type <= MAX_LLMQ_TYPE);
}

function isPeerCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_PEERS;
}
