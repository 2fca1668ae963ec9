import { DashlightError, isDashlightError, type StoreErrorFacts } from "../errors.ts";

export type CorruptError = DashlightError<Extract<StoreErrorFacts, { code: "store/corrupt" }>>;
export type UnavailableError = DashlightError<Extract<StoreErrorFacts, { code: "store/unavailable" }>>;

/** @param what - the record and what is wrong with it */
export function corrupt(what: string, cause?: unknown): CorruptError {
  return new DashlightError({ code: "store/corrupt", what }, { cause });
}

/** @param reason - a DOMException's name (`QuotaExceededError`, ...), or `blocked`, `replaced`, `terminated`, `closed` */
export function unavailable(reason: string, cause?: unknown): UnavailableError {
  return new DashlightError({ code: "store/unavailable", reason }, { cause });
}

/**
 * What the browser says, as one of ours. A value that cannot be cloned is our own bug and stays what it is.
 * Source: Indexed Database API 3.0, section 3.1 "Exceptions"
 */
export function toStoreError(error: unknown): unknown {
  if (isDashlightError(error) || !(error instanceof DOMException)) return error;
  if (error.name === "DataCloneError") return error;
  // The database has our version but not our object stores: someone else made it.
  if (error.name === "NotFoundError") return corrupt("database without its object stores", error);
  return unavailable(error.name, error);
}
