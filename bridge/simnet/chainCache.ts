import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SimChain, type SimChainOptions } from "./chain.ts";
import { decodePast, encodePast, type Past } from "./savedChain.ts";

/** A chain comes out otherwise when one of these changes. */
const SOURCES = [".", "./consensus", "../../worker/wire", "../../worker/params", "../../worker/bls"].map(
  (folder) => fileURLToPath(new URL(folder, import.meta.url)),
);
const CHECKSUM_SIZE = 32;

/**
 * A chain from its file, if one is there that the same code made for these options, else a new one that is then written
 * to it.
 * @param dir - is made where it is missing; what other code made of the same options is deleted in it
 * @param code - what the chain depends on besides the options
 */
export function openChain(options: SimChainOptions, dir: string, code = readSources()): SimChain {
  const name = `simnet-${hash(JSON.stringify(keyOf(options)))}`;
  const fileName = `${name}-${hash(...code)}.bin`;
  const file = join(dir, fileName);
  const past = readPast(file);
  if (past !== undefined) return new SimChain(options, past);
  const chain = new SimChain(options);
  mkdirSync(dir, { recursive: true });
  for (const other of readdirSync(dir)) {
    // Another process may make the same file at this moment, or delete what we delete.
    if (other.startsWith(name) && !other.startsWith(fileName)) rmSync(join(dir, other), { force: true });
  }
  writePast(file, chain.past);
  return chain;
}

function keyOf({ seed, masternodes, blocks, llmqs, startTimeSeconds }: SimChainOptions) {
  return { seed, masternodes, blocks, llmqs, startTimeSeconds };
}

function readSources(): readonly Uint8Array[] {
  return SOURCES.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .map((name) => readFileSync(join(folder, name))),
  );
}

/** @returns 16 hex digits */
function hash(...parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest("hex").slice(0, 16);
}

/** @returns undefined if there is no such file, or not the whole one */
function readPast(file: string): Past | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const body = bytes.subarray(CHECKSUM_SIZE);
  return checksum(body).equals(bytes.subarray(0, CHECKSUM_SIZE)) ? decodePast(body) : undefined;
}

/** In one step, so that nobody reads half a file. */
function writePast(file: string, past: Past): void {
  const body = encodePast(past);
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, Buffer.concat([checksum(body), body]));
  renameSync(unfinished, file);
}

function checksum(body: Uint8Array): Buffer {
  return createHash("sha256").update(body).digest();
}
