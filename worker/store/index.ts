export { ClientStore, type ClientStoreOptions, type StoreStep } from "./clientStore.ts";
export {
  HEADERS_PER_CHUNK,
  type HeaderChunk,
  type HeadersStep,
  makeHeadersStep,
  type StoredHeaders,
} from "./headers.ts";
export type { StoredList } from "./lists.ts";
export type { StoredEngine } from "./readEngine.ts";
export type { StoredRefusal } from "./refusals.ts";
export {
  DEFAULT_SETTINGS,
  readSettings,
  type SettingsReading,
  type StoredSettings,
} from "./settings.ts";
export { SettingsStore } from "./settingsStore.ts";
export type { EntryFactories } from "./sharedRecords.ts";
export type { CorruptError, UnavailableError } from "./storeErrors.ts";
