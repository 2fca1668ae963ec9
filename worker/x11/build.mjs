// Builds worker/x11/build/x11.wasm and worker/x11/build/x11.fallback.js from worker/x11/assembly.
// Run: node worker/x11/build.mjs. Does nothing when the outputs were made from the present inputs.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const sourceDir = join(here, "assembly");
const buildDir = join(here, "build");
const wasmFile = join(buildDir, "x11.wasm");
const fallbackFile = join(buildDir, "x11.fallback.js");
const keyFile = join(buildDir, "x11.key");

/** 64 KiB of buffer and about 40 KiB of tables and scratch. */
const INITIAL_MEMORY_PAGES = "2";

const key = await computeKey();
if (await isUpToDate(key)) {
  console.log("x11: up to date");
} else {
  await build();
}

/** A digest of all that decides the outputs: sources, this file, compiler versions. */
async function computeKey() {
  const sources = (await readdir(sourceDir)).sort().map((name) => join(sourceDir, name));
  const packages = ["assemblyscript", "binaryen"].map((name) =>
    join(root, "node_modules", name, "package.json"),
  );
  const hash = createHash("sha256");
  for (const path of [fileURLToPath(import.meta.url), ...packages, ...sources]) {
    hash.update(`${path.slice(root.length)}\n`).update(await readFile(path));
  }
  return hash.digest("hex");
}

async function isUpToDate(key) {
  if (![wasmFile, fallbackFile, keyFile].every((path) => existsSync(path))) return false;
  return (await readFile(keyFile, "utf8")) === key;
}

async function build() {
  await mkdir(buildDir, { recursive: true });
  const wasm = await compile(["--enable", "simd"]);
  // wasm2js knows no vectors: the sources choose by ASC_FEATURE_SIMD.
  const fallback = await toJavaScript(await compile([]));
  await replaceFile(wasmFile, wasm);
  await replaceFile(fallbackFile, fallback);
  await replaceFile(keyFile, key);
  console.log(`x11: built x11.wasm (${wasm.length} bytes), x11.fallback.js (${fallback.length} bytes)`);
}

/** @returns the bytes of a WebAssembly module */
async function compile(features) {
  const { default: asc } = await import("assemblyscript/asc");
  let wasm;
  const { error, stderr } = await asc.main(
    [
      "index.ts",
      ...["--baseDir", sourceDir],
      "-O3",
      "--converge",
      "--noAssert",
      ...["--runtime", "stub"],
      ...["--initialMemory", INITIAL_MEMORY_PAGES],
      ...["--outFile", "x11.wasm"],
      ...features,
    ],
    {
      writeFile: (_name, contents) => {
        wasm = contents;
      },
    },
  );
  if (error) throw new Error(stderr.toString(), { cause: error });
  return wasm;
}

/** @returns an ES module with the exports of `wasm`, which needs no WebAssembly */
async function toJavaScript(wasm) {
  const { default: binaryen } = await import("binaryen");
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  const module = binaryen.readBinary(wasm);
  const text = module.emitAsmjs();
  module.dispose();
  if (/^import /m.test(text)) throw new Error("the module must not import anything");
  return text;
}

/** Whole or not at all: tests running side by side may build at the same time. */
async function replaceFile(path, contents) {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}
