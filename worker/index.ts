import * as Comlink from "comlink";
import { LightClientService } from "./service.ts";
import { installErrorTransfer } from "./transfer.ts";

// The one file that knows it is in a Worker.
installErrorTransfer();
Comlink.expose(new LightClientService(globalThis.location.origin));
