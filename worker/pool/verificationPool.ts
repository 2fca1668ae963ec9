import {
  type Bls,
  type EncodedPublicKey,
  type ExportedKey,
  PUBLIC_KEY_BYTES,
  publicKeysOf,
  SIGNATURE_BYTES,
  type SignatureCheck,
  type SignatureVerifier,
  type VerifyOptions,
} from "../bls/index.ts";
import { JobQueue, NoThreads, type StartThread } from "./jobQueue.ts";
import { KeyNames, packChecks, packExportedKeys, packKeys, unpackExportedKeys } from "./packing.ts";

/** Keys that are not worth sharing. More go in one job for each thread: together they cost less each. */
const MIN_KEYS_PER_JOB = 64;
/** The work of a check beside its keys, in keys: hash to curve, decoding of a signature, pairing. */
const CHECK_WORK = 65;
/** Each job costs a pairing of its own, so a batch becomes few of them; more than threads, since none is as fast as the other. */
const JOBS_PER_THREAD = 3;
/** Work that is not worth sharing. */
const MIN_WORK_PER_JOB = 600;
/** Decoded keys kept: twice the masternodes of mainnet, about 1.5 MB. */
const MAX_KNOWN_KEYS = 8192;

const MESSAGE_BYTES = 32;

/** Checks signatures in threads of their own, so that nobody waits for the thread that asks. */
export class VerificationPool implements SignatureVerifier {
  readonly #local: Bls;
  readonly #queue: JobQueue;
  /** By name: the decoded form, or undefined of what is no key; oldest first. */
  readonly #known = new Map<string, ExportedKey | undefined>();

  /**
   * @param local - the same engine in this thread, for when threads fail
   * @param size - how many threads
   */
  constructor(local: Bls, size: number, start: StartThread) {
    this.#local = local;
    this.#queue = new JobQueue(size, start);
  }

  /** For other work in the same threads. */
  get queue(): JobQueue {
    return this.#queue;
  }

  /** @throws the reason of the signal */
  async verify(checks: readonly SignatureCheck[], options: VerifyOptions = {}): Promise<boolean[]> {
    try {
      if (this.#isQuickerHere(checks, options)) return await this.#local.verify(checks);
      return await unlessAborted(this.#verify(checks, options), options.signal);
    } catch (error) {
      if (!(error instanceof NoThreads)) throw error;
      return this.#local.verify(checks);
    }
  }

  /** Ends the threads; what runs, and whatever is asked from now on, runs in this one. */
  close(): void {
    this.#queue.close();
  }

  /** A lock takes about 8 ms, a job that runs already 100 ms and more. */
  #isQuickerHere(checks: readonly SignatureCheck[], { isUrgent = false, signal }: VerifyOptions): boolean {
    const isBusy = isUrgent && !signal?.aborted && !this.#queue.hasIdleThread;
    return isBusy && checks.every(({ signer }) => signer.kind === "single");
  }

  async #verify(checks: readonly SignatureCheck[], options: VerifyOptions): Promise<boolean[]> {
    const verdicts = checks.map(() => false);
    const sized = [...checks.entries()].filter(([, check]) => hasRightSizes(check));
    const keys = sized.flatMap(([, { signer }]) => publicKeysOf(signer));
    const names = new KeyNames();
    // A thread that does all of the work decodes by itself.
    if (keys.length > MIN_KEYS_PER_JOB) await this.#decodeKeys(keys, names, options);
    await Promise.all(
      this.#share(sized).map(async (part) => {
        const valid = await this.#runChecks(
          part.map(([, check]) => check),
          names,
          options,
        );
        for (const [i, [index]] of part.entries()) verdicts[index] = valid[i] === 1;
      }),
    );
    return verdicts;
  }

  /** Each key once, whichever checks it belongs to. */
  async #decodeKeys(
    keys: readonly EncodedPublicKey[],
    names: KeyNames,
    options: VerifyOptions,
  ): Promise<void> {
    const unknown = new Map<string, EncodedPublicKey>();
    for (const key of keys) {
      const id = names.of(key);
      if (!this.#known.has(id)) unknown.set(id, key);
    }
    const entries = [...unknown];
    const perJob = Math.max(MIN_KEYS_PER_JOB, Math.ceil(entries.length / this.#queue.size));
    const parts = Array.from({ length: Math.ceil(entries.length / perJob) }, (_, i) =>
      entries.slice(i * perJob, (i + 1) * perJob),
    );
    await Promise.all(
      parts.map(async (part) => {
        const makeJob = () => {
          const packed = packKeys(part.map(([, key]) => key));
          return { job: { kind: "keys", keys: packed } as const, transfer: [packed.buffer] };
        };
        const decoded = unpackExportedKeys(await this.#queue.run(makeJob, options), part.length);
        for (const [i, [id]] of part.entries()) this.#remember(id, decoded[i]);
      }),
    );
  }

  #remember(id: string, key: ExportedKey | undefined): void {
    this.#known.set(id, key);
    const oldest = this.#known.keys().next();
    if (this.#known.size > MAX_KNOWN_KEYS && !oldest.done) this.#known.delete(oldest.value);
  }

  /** Splits checks into parts of about the same work, the first ones first; both signatures of a message stay together. */
  #share(checks: readonly [number, SignatureCheck][]): [number, SignatureCheck][][] {
    const workOf = ([, { signer }]: [number, SignatureCheck]) => CHECK_WORK + publicKeysOf(signer).length;
    const total = checks.reduce((work, check) => work + workOf(check), 0);
    const target = Math.max(MIN_WORK_PER_JOB, total / (this.#queue.size * JOBS_PER_THREAD));
    const parts: [number, SignatureCheck][][] = [];
    let work = 0;
    for (const check of checks) {
      const before = parts.at(-1)?.at(-1);
      const isSameMessage = before !== undefined && haveSameMessage(before[1], check[1]);
      if (!isSameMessage && (parts.length === 0 || work >= target)) {
        parts.push([]);
        work = 0;
      }
      parts.at(-1)?.push(check);
      work += workOf(check);
    }
    return parts;
  }

  #runChecks(
    checks: readonly SignatureCheck[],
    names: KeyNames,
    options: VerifyOptions,
  ): Promise<Uint8Array> {
    return this.#queue.run(() => {
      const { packed, ids } = packChecks(checks, names);
      // What was dropped from memory meanwhile is decoded again over there.
      const keys = ids.map((id) => this.#known.get(id)).filter((key) => key !== undefined);
      const exported = packExportedKeys(keys);
      return {
        job: { kind: "checks", packed, exported, exportedCount: keys.length },
        transfer: [packed.keys.buffer, packed.checks.buffer, exported.buffer],
      };
    }, options);
  }
}

/** @throws the reason of the signal at once, whatever becomes of the work */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function haveSameMessage(a: SignatureCheck, b: SignatureCheck): boolean {
  return a.scheme === b.scheme && a.message.every((byte, i) => byte === b.message[i]);
}

/** What has other sizes is no signature, and does not travel. */
function hasRightSizes({ message, signature, signer }: SignatureCheck): boolean {
  return (
    message.length === MESSAGE_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    publicKeysOf(signer).every(({ bytes }) => bytes.length === PUBLIC_KEY_BYTES)
  );
}
