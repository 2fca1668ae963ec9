import * as Comlink from "comlink";
import type { ClientSnapshot, Unsubscribe } from "./api.ts";
import { serveAsPoolThread } from "./poolThreads.ts";
import { LightClientService } from "./service.ts";
import { installErrorTransfer } from "./transfer.ts";

// The one file that knows it is in a Worker.
installErrorTransfer();

// A bug in asynchronous code stops the engine as any other does: the page hears of errors, never of rejections.
globalThis.addEventListener("unhandledrejection", ({ reason }) => {
  setTimeout(() => {
    throw reason;
  });
});

class ExposedService extends LightClientService {
  /** A function does not survive `postMessage`; a proxy of it does. */
  override async subscribe(listener: (snapshot: ClientSnapshot) => void): Promise<Unsubscribe> {
    return Comlink.proxy(await super.subscribe(listener));
  }
}

if (!serveAsPoolThread()) Comlink.expose(new ExposedService(globalThis.location.origin));
