import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const committedCopy = join(projectRoot, "worker/test/vectors");
const reported = new Set<string>();

/**
 * Where the recorded messages lie: DASHLIGHT_VECTORS, else ../shared/vectors beside the project, else the committed
 * copy (the regtest recordings only).
 */
export function vectorsDir(): string {
  const candidates = [
    process.env.DASHLIGHT_VECTORS,
    resolve(projectRoot, "../shared/vectors"),
    committedCopy,
  ];
  return candidates.find((dir) => dir !== undefined && existsSync(dir)) ?? committedCopy;
}

/** @returns whether a folder of vectors is here; one that is not is named once and its tests count as nothing */
export function hasVectors(folder: string): boolean {
  if (existsSync(join(vectorsDir(), folder))) return true;
  if (!reported.has(folder)) {
    reported.add(folder);
    console.log(`not run: ${folder}`);
  }
  return false;
}

export function vectorPath(path: string): string {
  return join(vectorsDir(), path);
}

export function readVector(path: string): Uint8Array {
  return new Uint8Array(readFileSync(vectorPath(path)));
}

/** The caller names the shape; vectors are trusted input of tests. */
export function readVectorJson<T>(path: string): T {
  return JSON.parse(readFileSync(vectorPath(path), "utf8")) as T;
}
