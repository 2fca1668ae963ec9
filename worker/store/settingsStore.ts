import { Connection, runTransaction } from "./database.ts";
import {
  SETTINGS_DATABASE,
  SETTINGS_SCHEMA_VERSION,
  type SettingsSchema,
  upgradeSettingsDatabase,
} from "./schema.ts";
import { readSettings, type SettingsReading, type StoredSettings } from "./settings.ts";
import type { UnavailableError } from "./storeErrors.ts";

/** The user's settings, one record for all networks. Every method throws `store/unavailable`. */
export class SettingsStore {
  readonly #connection: Connection<SettingsSchema>;

  private constructor(connection: Connection<SettingsSchema>) {
    this.#connection = connection;
  }

  /** @param onLost - called once if the connection ends other than by `close` */
  static async open(onLost: (error: UnavailableError) => void = () => undefined): Promise<SettingsStore> {
    const schema = {
      name: SETTINGS_DATABASE,
      version: SETTINGS_SCHEMA_VERSION,
      upgrade: upgradeSettingsDatabase,
    };
    return new SettingsStore(await Connection.open<SettingsSchema>(schema, onLost));
  }

  close(): void {
    this.#connection.end("closed");
  }

  /** @returns the defaults where nothing valid is saved */
  async load(): Promise<SettingsReading> {
    const database = this.#connection.requireOpen();
    const value = await runTransaction(
      () => database.transaction("settings", "readonly"),
      (transaction) => transaction.store.get("settings"),
    );
    return readSettings(value);
  }

  /** @throws `client/invalid-setting` naming the first invalid field; nothing is changed then */
  async save(settings: StoredSettings): Promise<void> {
    const { settings: valid, invalid } = readSettings(settings);
    if (invalid[0]) throw invalid[0];
    const database = this.#connection.requireOpen();
    await runTransaction(
      () => database.transaction("settings", "readwrite"),
      async (transaction, writes) => {
        writes.push(transaction.store.put(valid, "settings"));
      },
    );
  }
}
