import { type AcceptResult, HeaderChain } from "../chain/headerChain.ts";
import { Peer } from "../net/peer.ts";
import { SYSTEM_CLOCK } from "../net/transport.ts";
import { type NetworkParams, networkParams } from "../params/index.ts";
import { linkHeadersIn, type StartThread } from "../pool/index.ts";
import { JobQueue } from "../pool/jobQueue.ts";
import { type HeadersStep, makeHeadersStep } from "../store/headers.ts";
import { HeaderSync } from "../sync/headerSync.ts";
import { hasVectors, readVector } from "../test/vectors.ts";
import { decode, encode } from "../wire/codec.ts";
import type { BlockHash } from "../wire/hashes.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import { compressHeaders, headers2 } from "../wire/headers.ts";
import { PROTOCOL_VERSION } from "../wire/version.ts";
import type { X11 } from "../x11/index.ts";
import { ANSWER_MS, HeaderNode, MADE_BASE, MADE_PARAMS, makeHeaders } from "./headerNode.ts";
import { type BenchRow, makeRow, medianMs } from "./measure.ts";

const END_OF_TIME = 0xffffffff;
/** X11 of the portable C sources through clang, as `design/product.md` states it, and how near we must come. */
const STATED_C_US = 17.4;
const MOST_TIMES_C = 1.3;
const MAINNET_HEADERS = 2_400_000;
const THREADS = [0, 1, 2];

export interface HeaderBenchOptions {
  readonly x11: X11;
  /** The JavaScript package, which does not run as a module: it needs sloppy mode. @param header - 80 bytes */
  readonly hashInJavaScript?: (header: number[]) => unknown;
  readonly startThread: StartThread;
  /** Saves headers; @see storeInMemory for where there is no database */
  readonly store: (step: HeadersStep) => Promise<unknown>;
  /** Where `store` saves, for the rows' names. */
  readonly storeName: string;
  /** Headers to make, about 130 us each. */
  readonly madeHeaders?: number;
}

/** What the database would be given, cut and copied as for the database, and forgotten: Node has none. */
export async function storeInMemory({ fromHeight, chunksFrom }: HeadersStep): Promise<void> {
  for (const { bytes } of chunksFrom(fromHeight)) bytes.slice();
}

/** X11, and everything that is done to a header from the wire to the store. */
export async function benchHeaderPipeline(options: HeaderBenchOptions): Promise<BenchRow[]> {
  const rows = await benchX11(options);
  if (hasVectors("mainnet/headers")) rows.push(await benchOneWorker(options));
  return [...rows, ...(await benchWholeChain(options))];
}

async function benchX11({ x11, hashInJavaScript }: HeaderBenchOptions): Promise<BenchRow[]> {
  const count = 4_000;
  const headers = new Uint8Array(count * HEADER_SIZE).map((_, i) => (i * 31) & 0xff);
  const ours = ((await medianMs(() => x11.hashHeaders(headers))) / count) * 1000;
  const row = { what: "X11, a hash", ours, unit: "us", isHigherBetter: false } as const;
  const rows = [
    makeRow({
      ...row,
      opponent: { name: "portable C in WebAssembly, stated", figure: STATED_C_US },
      budget: { relation: "<=", figure: MOST_TIMES_C * STATED_C_US },
    }),
  ];
  if (!hashInJavaScript) return rows;
  const inputs = Array.from({ length: 100 }, (_, i) => [
    ...headers.subarray(i * HEADER_SIZE, (i + 1) * HEADER_SIZE),
  ]);
  const figure = ((await medianMs(() => inputs.map(hashInJavaScript))) / inputs.length) * 1000;
  return [makeRow({ ...row, opponent: { name: "@dashevo/x11-hash-js", figure } }), ...rows];
}

/** 2 000 mainnet headers, each with bits of its own. */
async function benchOneWorker({ x11, store, storeName }: HeaderBenchOptions): Promise<BenchRow> {
  const params = networkParams("mainnet");
  const headers = readVector("mainnet/headers/headers_999900_1001899.bin");
  const base = { height: 999_899, hash: headers.slice(4, 36) as BlockHash };
  const codec = headers2(PROTOCOL_VERSION);
  const message = encode(codec, compressHeaders(headers, "reply"));
  const link = linkHeadersIn(undefined, x11);
  const ms = await medianMs(async () => {
    const chain = openChain(params, base, x11);
    const linked = await link(decode(codec, message));
    const { error, changedFrom } = chain.acceptHeaders(linked.headers, END_OF_TIME, linked.hashes);
    if (error || changedFrom === undefined) throw error ?? new Error("nothing new");
    await store(makeHeadersStep(chain, changedFrom));
  });
  return makeRow({
    what: `headers in one worker: decode headers2, X11, all rules, store ${storeName}`,
    ours: (headers.length / HEADER_SIZE / ms) * 1000,
    unit: "headers/s",
    isHigherBetter: true,
    budget: { relation: ">=", figure: 20_000 },
  });
}

/** A made chain through the client's own peer and header sync. */
async function benchWholeChain(options: HeaderBenchOptions): Promise<BenchRow[]> {
  const count = options.madeHeaders ?? 200_000;
  const node = new HeaderNode(makeHeaders(count, options.x11));
  const rows: BenchRow[] = [];
  for (const threads of THREADS) {
    const seconds = (await syncMs(node, count, threads, options)) / 1000;
    const rate = Math.round(count / seconds).toLocaleString("en-US");
    const pool = threads === 0 ? "no pool" : threads === 1 ? "1 pool thread" : `${threads} pool threads`;
    rows.push(
      makeRow({
        what: `mainnet's ${MAINNET_HEADERS / 1e6} M headers, at ${rate}/s of ${count / 1000} 000 made ones, ${ANSWER_MS} ms away, ${pool}`,
        ours: (MAINNET_HEADERS / count) * seconds,
        unit: "s",
        isHigherBetter: false,
        budget: { relation: "<=", figure: MAINNET_HEADERS / 20_000 },
      }),
    );
  }
  return rows;
}

async function syncMs(
  node: HeaderNode,
  count: number,
  threads: number,
  { x11, startThread, store }: HeaderBenchOptions,
): Promise<number> {
  const queue = new JobQueue(threads, startThread);
  while (threads > 0 && !queue.hasIdleThread) await new Promise((resolve) => setTimeout(resolve, 10));
  const peer = new Peer({
    address: "here:0",
    params: MADE_PARAMS,
    transport: node,
    clock: SYSTEM_CLOCK,
    randomNonce: () => BigInt(Math.floor(Math.random() * 2 ** 48)),
    startHeight: 0,
    onMessage: () => {},
    onClose: () => {},
    onBadMessage: () => {},
  });
  const chain = openChain(MADE_PARAMS, MADE_BASE, x11);
  const save = async ({ changedFrom }: AcceptResult) => {
    if (changedFrom !== undefined) await store(makeHeadersStep(chain, changedFrom));
  };
  const clock = { ...SYSTEM_CLOCK, now: () => END_OF_TIME * 1000 };
  const sync = new HeaderSync(chain, linkHeadersIn(queue, x11), clock, save);
  try {
    await peer.connect();
    const start = performance.now();
    await sync.sync(peer, new AbortController().signal);
    if (chain.tip.height !== MADE_BASE.height + count) throw new Error(`synced to ${chain.tip.height}`);
    return performance.now() - start;
  } finally {
    peer.close("done");
    queue.close();
  }
}

function openChain(
  params: NetworkParams,
  base: { readonly height: number; readonly hash: BlockHash },
  x11: X11,
): HeaderChain {
  return HeaderChain.fromBlock(params, (headers) => x11.hashHeaders(headers), base);
}
