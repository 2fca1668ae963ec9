// Compiles the AssemblyScript of worker/x11/assembly and worker/bls/assembly into the build folders beside them.
// Run: node worker/buildAssembly.mjs. Does nothing when the outputs were made from the present inputs.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");

const modules = [
  // 64 KiB of buffer and about 40 KiB of tables and scratch. wasm2js knows no vectors: the sources choose by
  // ASC_FEATURE_SIMD.
  {
    name: "x11",
    memoryPages: 2,
    outputs: {
      "x11.wasm": (compile) => compile(["--enable", "simd"]),
      "x11.fallback.js": async (compile) => toJavaScript(await compile([])),
    },
  },
  // Small: part of the bundle, so that it needs no loading. Memory grows as it is used.
  {
    name: "bls",
    memoryPages: 1,
    outputs: { "g1.ts": async (compile) => toSource("G1_WASM_BASE64", await compile([])) },
  },
];

for (const module of modules) await buildIfNeeded(module);

async function buildIfNeeded({ name, memoryPages, outputs }) {
  const sourceDir = join(here, name, "assembly");
  const buildDir = join(here, name, "build");
  const keyFile = join(buildDir, `${name}.key`);
  const key = await computeKey(sourceDir);
  const isWhole = [keyFile, ...Object.keys(outputs).map((file) => join(buildDir, file))].every(existsSync);
  if (isWhole && (await readFile(keyFile, "utf8")) === key) {
    console.log(`${name}: up to date`);
    return;
  }
  await mkdir(buildDir, { recursive: true });
  for (const [file, make] of Object.entries(outputs)) {
    const contents = await make((features) => compile(sourceDir, memoryPages, features));
    await replaceFile(join(buildDir, file), contents);
    console.log(`${name}: built ${file} (${contents.length} bytes)`);
  }
  await replaceFile(keyFile, key);
}

/** A digest of all that decides the outputs: sources, this file, compiler versions. */
async function computeKey(sourceDir) {
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

/** @returns the bytes of a WebAssembly module */
async function compile(sourceDir, memoryPages, features) {
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
      ...["--initialMemory", String(memoryPages)],
      ...["--outFile", "module.wasm"],
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

function toSource(name, wasm) {
  return `export const ${name} =\n  "${Buffer.from(wasm).toString("base64")}";\n`;
}

/** Whole or not at all: tests running side by side may build at the same time. */
async function replaceFile(path, contents) {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}
