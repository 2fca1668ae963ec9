import { type ClientErrorFacts, DashlightError } from "./errors.ts";

/** How the sync asks: what the user can tune. Applied at the next start. Source: `design/sync.md` 3 */
export interface SyncTuning {
  /** How many cycles below the tip's the block of a qrinfo may lie; undefined: any. */
  readonly maxQrInfoSpan: number | undefined;
  /** Ask each qrinfo for the fourth cycle back as well. */
  readonly extraShare: boolean;
  readonly qrInfoTimeoutMs: number;
  readonly mnListDiffTimeoutMs: number;
  /** Requests on their way to one peer at the same time. */
  readonly maxPerPeer: number;
  /** Requests on their way to all peers together; undefined: twice as many as there are usable peers, at most 8. */
  readonly maxConcurrent: number | undefined;
  /** Fewer at the same time while many fail, and one more again with each that does not. */
  readonly adaptiveConcurrency: boolean;
  /** One request after another, whatever the other limits say. */
  readonly isSequential: boolean;
}

export const DEFAULT_TUNING: SyncTuning = {
  maxQrInfoSpan: undefined,
  extraShare: true,
  qrInfoTimeoutMs: 30_000,
  mnListDiffTimeoutMs: 15_000,
  maxPerPeer: 2,
  maxConcurrent: undefined,
  adaptiveConcurrency: true,
  isSequential: false,
};

/** Whole numbers, both ends allowed. */
export interface TuningRange {
  readonly min: number;
  readonly max: number;
}

/** Mainnet is not 10 000 cycles old; a timeout below a second only hits peers that are far away. */
export const TUNING_RANGES = {
  maxQrInfoSpan: { min: 0, max: 10_000 },
  qrInfoTimeoutMs: { min: 1_000, max: 300_000 },
  mnListDiffTimeoutMs: { min: 1_000, max: 300_000 },
  /** A node answers one connection in order: more would only wait there. */
  maxPerPeer: { min: 1, max: 2 },
  maxConcurrent: { min: 1, max: 8 },
} as const satisfies Partial<Record<keyof SyncTuning, TuningRange>>;

export type InvalidSetting = DashlightError<Extract<ClientErrorFacts, { code: "client/invalid-setting" }>>;

export interface TuningReading {
  /** With the default in the place of each field that is missing or invalid. */
  readonly tuning: SyncTuning;
  /** One for each field that is there but invalid, naming the field and what it may be. */
  readonly invalid: readonly InvalidSetting[];
}

/** @returns what is right with it, a value of any shape; fields it should not have are left out */
export function readTuning(value: unknown): TuningReading {
  if (value === undefined) return { tuning: DEFAULT_TUNING, invalid: [] };
  if (typeof value !== "object" || value === null)
    return { tuning: DEFAULT_TUNING, invalid: [refuse("tuning", "must be an object")] };
  const fields = value as Record<string, unknown>;
  const read = Object.entries(DEFAULT_TUNING).map(([field, otherwise]) => {
    const given = fields[field] === undefined ? otherwise : fields[field];
    const rule = brokenRule(field, given);
    return rule === undefined
      ? { entry: [field, given] as const }
      : { entry: [field, otherwise] as const, error: refuse(field, rule) };
  });
  return {
    tuning: Object.fromEntries(read.map(({ entry }) => entry)) as unknown as SyncTuning,
    invalid: read.flatMap(({ error }) => error ?? []),
  };
}

/** @throws `client/invalid-setting` naming the first invalid field and what it may be */
export function validateTuning(value: SyncTuning): SyncTuning {
  const { tuning, invalid } = readTuning(value);
  if (invalid[0]) throw invalid[0];
  return tuning;
}

/** @returns undefined for a value that may stay */
function brokenRule(field: string, value: unknown): string | undefined {
  const range = (TUNING_RANGES as Record<string, TuningRange>)[field];
  if (range === undefined) return typeof value === "boolean" ? undefined : "must be true or false";
  if (value === undefined || isWithin(value, range)) return undefined;
  return `must be a whole number, ${range.min} to ${range.max}`;
}

function isWithin(value: unknown, { min, max }: TuningRange): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function refuse(field: string, reason: string): InvalidSetting {
  return new DashlightError({ code: "client/invalid-setting", field, reason });
}
