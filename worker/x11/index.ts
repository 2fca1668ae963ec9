import { DashlightError } from "../errors.ts";

/** Longest input of {@link X11.hash}: the size of the buffer inside the module. */
export const MAX_INPUT_SIZE_BYTES = 65_536;

const HEADER_SIZE_BYTES = 80;
const HASH_SIZE_BYTES = 32;
const HEADERS_PER_CALL = Math.floor(MAX_INPUT_SIZE_BYTES / HEADER_SIZE_BYTES);

/** X11 of the empty input, by which a module shows that it computes X11. Source: dashpay/x11-hash-js test/test.js. */
const HASH_OF_NOTHING = "51b572209083576ea221c27e62b4e22063257571ccb6cc3dc3cd17eb67584eba";

/**
 * The block hash of Dash: eleven 512-bit hash functions in a chain, the first 32 bytes of the last output.
 * Not reentrant and not shared: each worker makes its own. Inputs are copied, results belong to the caller: 0.02 us of
 * a hash's 10, so nobody is handed views of the module's memory.
 * Source: Core 23.1.2 src/hash_x11.h
 */
export interface X11 {
  /** What runs the hash: WebAssembly, or the same sources as JavaScript (about 5 times slower). */
  readonly engine: "wasm" | "js";

  /**
   * @param data - at most {@link MAX_INPUT_SIZE_BYTES}
   * @returns 32 bytes, wire order
   * @throws RangeError if `data` is longer
   */
  hash(data: Uint8Array): Uint8Array;

  /**
   * Hashes any number of block headers without leaving the module between them.
   * Blocks the thread, for about 10 us a header with WebAssembly: long lists are the caller's to slice.
   * @param headers - n times 80 bytes
   * @returns n times 32 bytes, wire order, in the same order
   * @throws RangeError if the length is no multiple of 80
   */
  hashHeaders(headers: Uint8Array): Uint8Array;
}

/**
 * X11 on WebAssembly.
 * @param wasmBytes - build/x11.wasm, made by worker/buildAssembly.mjs
 * @throws DashlightError "x11/bad-module" if the bytes are not that module, or if WebAssembly is missing, has no 128-bit
 *   vectors (Safari before 16.4) or is refused (a content security policy without 'wasm-unsafe-eval'):
 *   {@link createX11Fallback} is for those cases
 */
export async function createX11(wasmBytes: BufferSource): Promise<X11> {
  return createFrom("wasm", async () => (await WebAssembly.instantiate(wasmBytes)).instance.exports);
}

/**
 * X11 in plain JavaScript, for where WebAssembly is refused.
 * @param load - imports build/x11.fallback.js, as in `() => import("./x11/build/x11.fallback.js")`
 * @throws DashlightError "x11/bad-module" if loading fails or gives something else
 */
export async function createX11Fallback(load: () => Promise<unknown>): Promise<X11> {
  return createFrom("js", load);
}

/** The exports of assembly/index.ts, of WebAssembly and JavaScript alike. */
interface X11Module {
  /** Address of the input, which the call replaces by its result. */
  buffer: { value: number };
  capacity: { value: number };
  memory: { buffer: ArrayBuffer };
  x11(length: number): void;
  x11Headers(count: number): void;
}

async function createFrom(engine: X11["engine"], load: () => Promise<unknown>): Promise<X11> {
  const exported = await load().catch((cause: unknown) => {
    throw badModule(cause instanceof Error ? cause.message : "cannot be loaded", cause);
  });
  if (!isX11Module(exported)) throw badModule("lacks the exports of x11");
  const x11 = new ModuleX11(engine, exported);
  if (toHex(x11.hash(new Uint8Array())) !== HASH_OF_NOTHING) throw badModule("computes another hash");
  return x11;
}

function badModule(reason: string, cause?: unknown): DashlightError {
  return new DashlightError({ code: "x11/bad-module", reason }, { cause });
}

function isX11Module(exported: unknown): exported is X11Module {
  if (typeof exported !== "object" || exported === null) return false;
  const { buffer, capacity, memory, x11, x11Headers } = exported as Partial<Record<keyof X11Module, unknown>>;
  return (
    typeof x11 === "function" &&
    typeof x11Headers === "function" &&
    readField(memory, "buffer") instanceof ArrayBuffer &&
    typeof readField(buffer, "value") === "number" &&
    readField(capacity, "value") === MAX_INPUT_SIZE_BYTES
  );
}

function readField(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : undefined;
}

class ModuleX11 implements X11 {
  readonly engine: X11["engine"];
  readonly #module: X11Module;
  /** The module's buffer. The memory never grows, so the view stays good. */
  readonly #buffer: Uint8Array;

  constructor(engine: X11["engine"], module: X11Module) {
    this.engine = engine;
    this.#module = module;
    this.#buffer = new Uint8Array(module.memory.buffer, module.buffer.value, MAX_INPUT_SIZE_BYTES);
  }

  hash(data: Uint8Array): Uint8Array {
    if (data.length > MAX_INPUT_SIZE_BYTES) {
      throw new RangeError(`X11 input of ${data.length} bytes, limit ${MAX_INPUT_SIZE_BYTES}`);
    }
    this.#buffer.set(data);
    this.#module.x11(data.length);
    return this.#buffer.slice(0, HASH_SIZE_BYTES);
  }

  hashHeaders(headers: Uint8Array): Uint8Array {
    if (headers.length % HEADER_SIZE_BYTES !== 0) {
      throw new RangeError(`${headers.length} bytes of headers, not a multiple of ${HEADER_SIZE_BYTES}`);
    }
    const count = headers.length / HEADER_SIZE_BYTES;
    const hashes = new Uint8Array(count * HASH_SIZE_BYTES);
    for (let first = 0; first < count; first += HEADERS_PER_CALL) {
      const last = Math.min(first + HEADERS_PER_CALL, count);
      this.#buffer.set(headers.subarray(first * HEADER_SIZE_BYTES, last * HEADER_SIZE_BYTES));
      this.#module.x11Headers(last - first);
      hashes.set(this.#buffer.subarray(0, (last - first) * HASH_SIZE_BYTES), first * HASH_SIZE_BYTES);
    }
    return hashes;
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
