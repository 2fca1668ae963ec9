import { readFile } from "node:fs/promises";
import { createX11, createX11Fallback, type X11 } from "../x11/index.ts";

const BUILD = new URL("../x11/build/", import.meta.url);

/**
 * X11 on WebAssembly, from worker/x11/build (made by `node worker/buildAssembly.mjs`).
 * @throws the error of node:fs if it has not been built; DashlightError "x11/bad-module" as createX11
 */
export async function loadX11(): Promise<X11> {
  return createX11(await readX11Wasm());
}

/** The same module as plain JavaScript; Node has WebAssembly, so this is for tests and measurements. */
export async function loadX11Fallback(): Promise<X11> {
  return createX11Fallback(importX11Fallback);
}

/** @returns the bytes of build/x11.wasm */
export async function readX11Wasm(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL("x11.wasm", BUILD)));
}

/** @returns the exports of build/x11.fallback.js */
export async function importX11Fallback(): Promise<unknown> {
  return import(/* @vite-ignore */ new URL("x11.fallback.js", BUILD).href);
}
