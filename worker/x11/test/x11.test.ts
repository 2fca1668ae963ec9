import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { blake512 } from "@noble/hashes/blake1.js";
import { keccak_512 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { importX11Fallback, loadX11, loadX11Fallback, readX11Wasm } from "../../node/loadX11.ts";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { createX11, createX11Fallback, MAX_INPUT_SIZE_BYTES, type X11 } from "../index.ts";

/** The chain, in order; a stage's number is its place. */
const STAGES = [
  "blake512",
  "bmw512",
  "groestl512",
  "skein512",
  "jh512",
  "keccak512",
  "luffa512",
  "cubehash512",
  "shavite512",
  "simd512",
  "echo512",
] as const;
type Stage = (typeof STAGES)[number];

interface FunctionVector {
  function: "x11" | Stage;
  input: string;
  output: string;
}

interface HeaderVector {
  name: string;
  header: string;
  /** Display order. */
  hash: string;
  stages?: { function: Stage; output: string }[];
}

/** The functions of @dashevo/x11-hash-js: arrays of bytes in and out by formats 1 and 1. */
type OracleFunction = (input: number[], inputFormat: 1, outputFormat: 1) => number[];
const oracle = createRequire(import.meta.url)("@dashevo/x11-hash-js") as Record<string, OracleFunction>;

function oracleHash(name: string, input: Uint8Array): Uint8Array {
  // Its blake cannot pad inputs that leave more than 111 bytes in the last block.
  if (name === "blake512") return blake512(input);
  if (name === "keccak512") return keccak_512(input);
  const hash = oracle[name === "x11" ? "digest" : name.replace("512", "")];
  if (hash === undefined) throw new Error(`no oracle for ${name}`);
  return Uint8Array.from(hash.call(oracle, Array.from(input), 1, 1));
}

/** One function of the chain, through the exports that only tests use. */
type HashStage = (stage: Stage, input: Uint8Array) => Uint8Array;

interface StageExports {
  buffer: { value: number };
  memory: { buffer: ArrayBuffer };
  stage(number: number, length: number): void;
}

function hashStageWith(exported: unknown): HashStage {
  const { buffer, memory, stage } = exported as StageExports;
  return (name, input) => {
    const bytes = new Uint8Array(memory.buffer, buffer.value);
    bytes.set(input);
    stage(STAGES.indexOf(name), input.length);
    return bytes.slice(0, 64);
  };
}

beforeAll(() => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../buildAssembly.mjs", import.meta.url))]);
});

const ENGINES = [
  {
    engine: "wasm",
    load: loadX11,
    exports: async () => (await WebAssembly.instantiate(await readX11Wasm())).instance.exports,
  },
  { engine: "js", load: loadX11Fallback, exports: importX11Fallback },
] as const;

describe.each(ENGINES)("X11 on $engine", ({ engine, load, exports }) => {
  let x11: X11;
  let hashStage: HashStage;
  beforeAll(async () => {
    x11 = await load();
    hashStage = hashStageWith(await exports());
  });

  it("names its engine", () => {
    expect(x11.engine).toBe(engine);
  });

  if (hasVectors("x11")) {
    it.each(readVectorJson<FunctionVector[]>("x11/functions.json"))(
      "vector: $function of $input",
      ({ function: name, input, output }) => {
        const data = hexToBytes(input);
        expect(bytesToHex(name === "x11" ? x11.hash(data) : hashStage(name, data))).toBe(output);
      },
    );

    it.each(readVectorJson<HeaderVector[]>("x11/headers.json"))("header: $name", (vector) => {
      const header = hexToBytes(vector.header);
      expect(bytesToHex(x11.hash(header).reverse())).toBe(vector.hash);
      expect(bytesToHex(x11.hashHeaders(header).reverse())).toBe(vector.hash);
      let input: Uint8Array = header;
      for (const stage of vector.stages ?? []) {
        input = hashStage(stage.function, input);
        expect({ function: stage.function, output: bytesToHex(input) }).toEqual(stage);
      }
    });
  }

  it.each(STAGES)("%s agrees with another implementation on every length up to three blocks", (stage) => {
    for (let length = 0; length <= 3 * 128; length++) {
      const input = Uint8Array.from({ length }, (_, i) => (i * i + 7 * i + 13 * length) >> 3);
      expect(bytesToHex(hashStage(stage, input)), `length ${length}`).toBe(
        bytesToHex(oracleHash(stage, input)),
      );
    }
  });

  it("agrees with @dashevo/x11-hash-js on random headers", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), (header) => {
        expect(bytesToHex(x11.hash(header))).toBe(bytesToHex(oracleHash("x11", header).slice(0, 32)));
      }),
    );
  });

  it("agrees with @dashevo/x11-hash-js on random inputs of other lengths", () => {
    const inputs = fc.uint8Array({ maxLength: 1000 }).filter((input) => input.length % 128 <= 111); // see oracleHash
    fc.assert(
      fc.property(inputs, (input) => {
        expect(bytesToHex(x11.hash(input))).toBe(bytesToHex(oracleHash("x11", input).slice(0, 32)));
      }),
    );
  });

  it("chains its stages, at any length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (input) => {
        let output: Uint8Array = input;
        for (const stage of STAGES) output = hashStage(stage, output);
        expect(x11.hash(input)).toEqual(output.slice(0, 32));
      }),
    );
  });

  it("hashes a batch as it hashes each header", () => {
    const headers = fc
      .array(fc.uint8Array({ minLength: 80, maxLength: 80 }), { maxLength: 20 })
      .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
    fc.assert(
      fc.property(headers, (batch) => {
        expect(x11.hashHeaders(batch)).toEqual(hashEach(x11, batch));
      }),
    );
  });

  it("hashes batches that do not fit the module's buffer", () => {
    const batch = Uint8Array.from({ length: 1700 * 80 }, (_, i) => (i * i) >> 5);
    expect(x11.hashHeaders(batch)).toEqual(hashEach(x11, batch));
  });

  it("leaves its input alone and gives results that later calls leave alone", () => {
    const header = new Uint8Array(80).fill(7);
    const [single, batch] = [x11.hash(header), x11.hashHeaders(header)];
    const [singleHex, batchHex] = [bytesToHex(single), bytesToHex(batch)];
    x11.hash(new Uint8Array(80));
    x11.hashHeaders(new Uint8Array(160));
    expect(header).toEqual(new Uint8Array(80).fill(7));
    expect([bytesToHex(single), bytesToHex(batch)]).toEqual([singleHex, batchHex]);
  });

  it("takes the longest input and refuses a longer one", () => {
    expect(x11.hash(new Uint8Array(MAX_INPUT_SIZE_BYTES))).toHaveLength(32);
    expect(() => x11.hash(new Uint8Array(MAX_INPUT_SIZE_BYTES + 1))).toThrow(RangeError);
  });

  it.each([1, 79, 81, 159])("refuses %d bytes of headers", (length) => {
    expect(() => x11.hashHeaders(new Uint8Array(length))).toThrow(RangeError);
  });
});

function hashEach(x11: X11, batch: Uint8Array): Uint8Array {
  const hashes = new Uint8Array((batch.length / 80) * 32);
  for (let i = 0; i * 80 < batch.length; i++)
    hashes.set(x11.hash(batch.subarray(i * 80, i * 80 + 80)), i * 32);
  return hashes;
}

describe("a module that is not X11", () => {
  const bad = { facts: { code: "x11/bad-module" } };
  const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

  it.each([
    ["no bytes", new Uint8Array()],
    ["a web page", new TextEncoder().encode("<!doctype html>")],
    ["another module", emptyModule],
  ])("createX11 refuses %s", async (_name, bytes) => {
    await expect(createX11(bytes)).rejects.toMatchObject(bad);
  });

  it("createX11 refuses a truncated file", async () => {
    const wasm = await readX11Wasm();
    await expect(createX11(wasm.subarray(0, wasm.length - 1))).rejects.toMatchObject(bad);
  });

  it.each([
    ["nothing", undefined],
    ["an empty module", {}],
    ["fields of other types", { buffer: 0, capacity: 65536, memory: null, x11() {}, x11Headers() {} }],
  ])("createX11Fallback refuses %s", async (_name, exported) => {
    await expect(createX11Fallback(async () => exported)).rejects.toMatchObject(bad);
  });

  it("createX11Fallback refuses a module that computes another hash", async () => {
    const memory = { buffer: new ArrayBuffer(MAX_INPUT_SIZE_BYTES) };
    const constant = { buffer: { value: 0 }, capacity: { value: MAX_INPUT_SIZE_BYTES }, memory };
    const load = async () => ({ ...constant, x11() {}, x11Headers() {} });
    await expect(createX11Fallback(load)).rejects.toMatchObject(bad);
  });

  it("createX11Fallback keeps the cause of a failed import", async () => {
    const cause = new TypeError("Failed to fetch");
    await expect(createX11Fallback(() => Promise.reject(cause))).rejects.toMatchObject({ ...bad, cause });
  });
});
