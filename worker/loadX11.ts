import { DashlightError, isDashlightError } from "./errors.ts";
import { createX11, createX11Fallback, type X11 } from "./x11/index.ts";

/** X11 in a browser, in whichever worker. The module is a file of its own, which the page's origin serves. */
export async function loadX11(): Promise<X11> {
  try {
    return await createX11(await fetchX11());
  } catch (error) {
    if (!isDashlightError(error, "x11/bad-module")) throw error;
    // Built, not written: the bundler copies it as a file beside the others, and it has no declarations.
    const fallback = new URL("./x11/build/x11.fallback.js", import.meta.url);
    return createX11Fallback(() => import(/* @vite-ignore */ fallback.href));
  }
}

async function fetchX11(): Promise<ArrayBuffer> {
  try {
    const response = await fetch(new URL("./x11/build/x11.wasm", import.meta.url));
    return await response.arrayBuffer();
  } catch (cause) {
    throw new DashlightError({ code: "x11/bad-module", reason: "cannot be fetched" }, { cause });
  }
}
