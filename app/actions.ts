import type { QuorumMember, Settings, StorageUsage } from "../worker/api.ts";
import { isDashlightError } from "../worker/errors.ts";
import { type Client, type Connection, connect } from "./connect.ts";
import { createLoader } from "./loader.ts";
import { registerServiceWorker } from "./serviceWorker.ts";
import { shareStructure } from "./shareStructure.ts";
import { appStore, withFreshEngine, withSnapshot } from "./store.ts";

/** Rows may change with every verified quorum; this often is enough to look at. */
const RELOAD_PAUSE_MS = 1_000;
/** Requests are watched while they run. */
const SYNC_PAUSE_MS = 250;

let connection: Connection | undefined;
let loadMasternodes: () => void = () => undefined;
let loadQuorums: () => void = () => undefined;
let loadSync: () => void = () => undefined;

/** Starts the app: engine, online state, service worker. Called once. */
export function startApp(): void {
  const showOnline = () => appStore.setState({ isOnline: navigator.onLine });
  window.addEventListener("online", showOnline);
  window.addEventListener("offline", showOnline);
  showOnline();
  restartEngine();
  registerServiceWorker((update) => appStore.setState({ update }));
}

/** Starts the engine in a new worker; one that still runs is ended first. */
export function restartEngine(): void {
  connection?.close();
  appStore.setState(withFreshEngine);
  const current = connect({
    onSnapshot: (snapshot) => appStore.setState((state) => withSnapshot(state, snapshot, Date.now())),
    onStopped: () => appStore.setState({ engine: "stopped" }),
  });
  connection = current;
  loadMasternodes = createLoader(
    () => current.client.masternodes(),
    (masternodes) => connection === current && appStore.setState({ masternodes }),
    RELOAD_PAUSE_MS,
  );
  loadQuorums = createLoader(
    () => current.client.quorums(),
    (quorums) => connection === current && appStore.setState({ quorums }),
    RELOAD_PAUSE_MS,
  );
  loadSync = createLoader(
    () => current.client.syncActivity(),
    (sync) =>
      connection === current &&
      appStore.setState(({ sync: before }) => ({ sync: shareStructure(before, sync) })),
    SYNC_PAUSE_MS,
  );
  retryStart();
}

/** Asks the engine to start, or to try again at once after a problem. */
export function retryStart(): void {
  const started = connection;
  client()
    .start({})
    .then(() => ({ startError: undefined }))
    .catch((startError: unknown) => ({ startError }))
    .then((outcome) => connection === started && appStore.setState(outcome));
}

/** Asks for the rows of the newest list; they arrive in the store. */
export function reloadMasternodes(): void {
  loadMasternodes();
}

/** Asks for the quorums of the newest list; they arrive in the store. */
export function reloadQuorums(): void {
  loadQuorums();
}

/** Asks for the plan and its requests; they arrive in the store. */
export function reloadSync(): void {
  loadSync();
}

/** Goes on at once with a sync that stopped itself. */
export function resumeSync(): void {
  client()
    .resumeSync()
    .catch((error: unknown) => {
      // A dead engine is a problem of its own, shown where this one was.
      if (!isDashlightError(error, "client/not-running")) throw error;
    });
}

export function requestQuorumMembers(
  llmqType: number,
  quorumHash: string,
): Promise<readonly QuorumMember[] | undefined> {
  return client().quorumMembers(llmqType, quorumHash);
}

export function requestSettings(): Promise<Settings> {
  return client().settings();
}

/** @throws DashlightError client/invalid-setting naming the field */
export function changeSettings(settings: Settings): Promise<void> {
  return client().changeSettings(settings);
}

export function requestStorageUsage(): Promise<StorageUsage> {
  return client().storageUsage();
}

/** Forgets all that is stored of this network and syncs again. */
export function resetClient(): Promise<void> {
  return client().reset();
}

function client(): Client {
  if (connection === undefined) throw new Error("startApp comes first");
  return connection.client;
}
