import * as Comlink from "comlink";
import type { ClientSnapshot, LightClientApi } from "../worker/api.ts";
import { DashlightError } from "../worker/errors.ts";
import { installErrorTransfer } from "../worker/transfer.ts";
import { startHeartbeat } from "./heartbeat.ts";

/** What the page asks the engine; calls reject with `client/not-running` once the engine has stopped. */
export type Client = Omit<LightClientApi, "subscribe" | "ping">;

export interface Connection {
  readonly client: Client;
  /** Ends the worker. Nothing is called any more after it. */
  close(): void;
}

export interface ConnectionEvents {
  onSnapshot(snapshot: ClientSnapshot): void;
  /** The worker failed or no longer answers; it has been ended. Called at most once. */
  onStopped(): void;
}

installErrorTransfer();

/** Starts the engine in a worker of its own and listens to it. */
export function connect({ onSnapshot, onStopped }: ConnectionEvents): Connection {
  const worker = new Worker(new URL("../worker/index.ts", import.meta.url), {
    type: "module",
    name: "dashlight-engine",
  });
  const remote = Comlink.wrap<LightClientApi>(worker);
  const ended = new AbortController();

  /** Comlink's calls wait for ever when the worker is gone; these do not. */
  function settle<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(new DashlightError({ code: "client/not-running" }));
      if (ended.signal.aborted) return stop();
      ended.signal.addEventListener("abort", stop, { once: true });
      call.then(resolve, reject).finally(() => ended.signal.removeEventListener("abort", stop));
    });
  }

  function close(): void {
    stopHeartbeat();
    worker.terminate();
    ended.abort();
  }

  function fail(): void {
    if (ended.signal.aborted) return;
    close();
    onStopped();
  }

  worker.addEventListener("error", fail);
  worker.addEventListener("messageerror", fail);
  const stopHeartbeat = startHeartbeat(() => remote.ping(), fail);
  const listener = (snapshot: ClientSnapshot) => {
    if (!ended.signal.aborted) onSnapshot(snapshot);
  };
  remote.subscribe(Comlink.proxy(listener)).catch(fail);

  const client: Client = {
    start: (options) => settle(remote.start(options)),
    snapshot: () => settle(remote.snapshot()),
    masternodes: () => settle(remote.masternodes()),
    quorums: () => settle(remote.quorums()),
    quorumMembers: (llmqType, quorumHash) => settle(remote.quorumMembers(llmqType, quorumHash)),
    quorumPublicKey: (llmqType, quorumHash) => settle(remote.quorumPublicKey(llmqType, quorumHash)),
    syncActivity: () => settle(remote.syncActivity()),
    resumeSync: () => settle(remote.resumeSync()),
    settings: () => settle(remote.settings()),
    changeSettings: (settings) => settle(remote.changeSettings(settings)),
    storageUsage: () => settle(remote.storageUsage()),
    reset: () => settle(remote.reset()),
  };
  return { client, close };
}
