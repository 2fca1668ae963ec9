import type { AcceptResult, HeaderChain } from "../chain/headerChain.ts";
import { MAX_FORK_HEADERS } from "../chain/headerTree.ts";
import { DashlightError } from "../errors.ts";
import type { Peer } from "../net/peer.ts";
import type { Clock } from "../net/transport.ts";
import type { LinkHeaders } from "../pool/index.ts";
import { type BlockHash, equalBytes, toHashHex, ZERO_HASH } from "../wire/hashes.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import {
  type CompressedHeaders,
  type ConcatenatedHeaders,
  HeaderBit,
  type LinkedHeaders,
  MAX_HEADERS_RESULTS,
} from "../wire/headers.ts";
import type { Message } from "../wire/message.ts";
import { PROTOCOL_VERSION, ServiceFlag } from "../wire/version.ts";

const HEADERS_TIMEOUT_MS = 30_000;
/**
 * Answers in a row that leave nothing to ask for until a peer counts as having no more: one alone may have been sent
 * for another reason, or twice. No specific reason for 4.
 */
const MAX_IDLE_ANSWERS = 4;
/** Messages that wait to be taken in, beyond which no more is asked for: each may hold 640 kB. No specific reason for 2. */
const MAX_UNTAKEN = 2;
/**
 * Headers in a row that an address may send unasked without moving the best chain. A node announces eight at most at
 * once, and a fork so long is rare; no specific reason for this number.
 */
const MAX_USELESS_HEADERS = 256;
/** Where a header names the block before it. The first one of a message always does in full. */
const PREV_OFFSET = 4;

type HeadersMessage = Extract<Message, { command: "headers" | "headers2" }>;

/** Headers that came. */
interface Arrival {
  readonly message: HeadersMessage;
  readonly taken: Promise<Taken>;
}

/** What the chain took of headers. */
interface Taken extends AcceptResult {
  readonly linked: LinkedHeaders;
  /** The answer after this one, if it was asked for already. */
  readonly next: Promise<Arrival> | undefined;
}

/** An answer that the chain does not hold yet. */
interface Answer {
  readonly message: HeadersMessage;
  readonly linked: LinkedHeaders;
}

/** Takes headers from peers into the chain. */
export class HeaderSync {
  readonly #chain: HeaderChain;
  readonly #linkHeaders: LinkHeaders;
  readonly #clock: Clock;
  readonly #onAccepted: (result: AcceptResult) => Promise<void>;
  readonly #onShown: (peer: Peer, block: BlockHash) => void;
  /** One bulk download at a time: what one peer sent the next one need not send again. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Runs that have not started: until then another wish for the same peer's headers adds nothing. */
  readonly #waiting = new Map<Peer, Promise<void>>();
  /** Messages are hashed as they come, but taken into the chain, and saved, one after the other. */
  #lastTaken: Promise<unknown> = Promise.resolve();
  /** Messages that came and are not taken in. */
  #untaken = 0;
  /** Headers that came unasked since the last that moved the best chain, by address. */
  readonly #useless = new Map<string, number>();
  #requests = 0;

  /**
   * @param linkHeaders - hashes a message, in a thread of its own or here
   * @param onAccepted - there are new headers
   * @param onShown - a peer sent valid headers, known or not: up to that block it has the chain
   */
  constructor(
    chain: HeaderChain,
    linkHeaders: LinkHeaders,
    clock: Clock,
    onAccepted: (result: AcceptResult) => Promise<void>,
    onShown: (peer: Peer, block: BlockHash) => void = () => undefined,
  ) {
    this.#chain = chain;
    this.#linkHeaders = linkHeaders;
    this.#clock = clock;
    this.#onAccepted = onAccepted;
    this.#onShown = onShown;
  }

  /**
   * Asks a peer for headers until it has no more. Only then it announces new ones by themselves.
   * @throws `net/*`; `chain/*` for a header that breaks a rule
   */
  sync(peer: Peer, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(peer);
    if (waiting) return waiting;
    const run = this.#queue.then(() => {
      this.#waiting.delete(peer);
      return this.#syncNow(peer, signal);
    });
    this.#waiting.set(peer, run);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Takes announced headers in.
   * @returns false if they do not connect: then the peer is ahead, and must be asked
   * @throws `chain/*` for a header that breaks a rule, `net/header-flood`
   */
  async accept(peer: Peer, message: HeadersMessage): Promise<boolean> {
    const taken = await this.#take(peer, message).taken;
    const { accepted, error } = taken;
    const connects = error?.code !== "chain/unknown-parent" || accepted > 0;
    if (error && connects) throw error;
    this.#countUseless(peer, taken);
    return connects;
  }

  /** Headers that lead nowhere cost their sender little and us a place among the forks. @throws `net/header-flood` */
  #countUseless({ address }: Peer, { added, accepted, linked, changedFrom }: Taken): void {
    const unconnected = linked.hashes.length / 32 - accepted;
    const before = this.#useless.get(address) ?? 0;
    const headers = changedFrom === undefined ? before + added + unconnected : 0;
    const isFlood = headers > MAX_USELESS_HEADERS;
    // What came before its sender was stopped is no second flood.
    this.#useless.set(address, isFlood ? 0 : headers);
    if (isFlood) throw new DashlightError({ code: "net/header-flood", address, headers });
  }

  async #syncNow(peer: Peer, signal: AbortSignal): Promise<void> {
    let next: Promise<Arrival> | undefined;
    let headersBesideBest = 0;
    let mayShowMore = true;
    for (let idle = 0; idle < MAX_IDLE_ANSWERS; idle++) {
      const { message, taken } = await (next ?? this.#request(peer, signal));
      if (headersOf(message).length === 0) {
        if (!mayShowMore) return;
        // It is a few blocks behind, and has not shown how far it is.
        mayShowMore = false;
        next = this.#request(peer, signal, this.#chain.showingLocator());
        continue;
      }
      const { linked, added, changedFrom, error, ...rest } = await taken;
      if (error) throw error;
      next = rest.next;
      const { hashes } = linked;
      headersBesideBest = changedFrom === undefined ? headersBesideBest + hashes.length / 32 : 0;
      // Only a full answer leaves more to ask for, and only on a fork that can be held until it has the most work.
      if (isFull(linked) && headersBesideBest <= MAX_FORK_HEADERS) idle = -1;
      // The tip alone, as it was asked for: more of what is known may be there for another reason.
      else if (added === 0 && (!mayShowMore || equalBytes(hashes, this.#chain.headersTip.hash))) return;
    }
  }

  /**
   * Hashes a message at once, and takes it in when all that came before it are done.
   * @param askBeyond - what to ask for as soon as the hashes are known
   */
  #take(
    peer: Peer,
    message: HeadersMessage,
    askBeyond: (linked: LinkedHeaders) => Taken["next"] = () => undefined,
    signal?: AbortSignal,
  ): Arrival {
    const before = this.#lastTaken;
    const take = async (): Promise<Taken> => {
      const linked = await this.#link(message);
      const next = askBeyond(linked);
      await before;
      signal?.throwIfAborted();
      return { ...(await this.#accept(peer, linked)), linked, next };
    };
    this.#untaken++;
    const taken = take().finally(() => this.#untaken--);
    this.#lastTaken = taken.catch(() => undefined);
    return { message, taken };
  }

  /**
   * After a full answer there is more: it is asked for as soon as the hashes are known, and comes while they are checked.
   * @returns undefined if what is asked for next depends on what the answer brings, or must wait for others
   */
  #askBeyond(peer: Peer, signal: AbortSignal, answer: Answer): Taken["next"] {
    if (!isFull(answer.linked) || this.#untaken > MAX_UNTAKEN) return undefined;
    const next = this.#request(peer, signal, this.#locator(answer), answer);
    // Nobody waits for it if this answer is a bad one, which then is the peer's only fault.
    next.catch(() => undefined);
    return next;
  }

  /** @param before - the answer to go on from */
  #request(peer: Peer, signal: AbortSignal, locator = this.#locator(), before?: Answer): Promise<Arrival> {
    const payload = { version: PROTOCOL_VERSION, locator, hashStop: ZERO_HASH as BlockHash };
    const asked = new Set(locator.map(toHashHex));
    // Headers that follow a block we did not name were sent for another reason, and say nothing about the tip.
    const isAnswer = (message: HeadersMessage): boolean => {
      const headers = headersOf(message);
      const parent = headers.slice(PREV_OFFSET, PREV_OFFSET + 32) as BlockHash;
      if (before && equalBytes(headers, headersOf(before.message))) return false;
      return headers.length === 0 || asked.has(toHashHex(parent));
    };
    // In its turn among what else is announced, and not only when whoever waits for it goes on.
    const take = (message: Message): Arrival | undefined => {
      if (message.command !== "headers2" && message.command !== "headers") return undefined;
      if (!isAnswer(message)) return undefined;
      const askBeyond = (linked: LinkedHeaders) => this.#askBeyond(peer, signal, { message, linked });
      return this.#take(peer, message, askBeyond, signal);
    };
    const isCompressed = ((peer.version?.services ?? 0n) & ServiceFlag.headersCompressed) !== 0n;
    const command = isCompressed ? "getheaders2" : "getheaders";
    this.#requests++;
    return peer.request({ command, payload }, take, { timeoutMs: HEADERS_TIMEOUT_MS, signal });
  }

  /** From the block before the tip: who is as far as we are shows so, and does not answer with nothing. */
  #locator(before?: Answer): BlockHash[] {
    const [tip, ...below] = this.#chain.locator();
    if (before && tip) return [parentOfLast(before.linked), tip, ...below];
    return below.length > 0 || !tip ? below : [tip];
  }

  #link(message: HeadersMessage): Promise<LinkedHeaders> {
    if (message.command === "headers2") return this.#linkHeaders(message.payload);
    return this.#linkHeaders(inFull(message.payload));
  }

  async #accept(peer: Peer, linked: LinkedHeaders): Promise<AcceptResult> {
    const { headers, hashes } = linked;
    const now = Math.floor(this.#clock.now() / 1000);
    const result = this.#chain.acceptHeaders(headers, now, hashes);
    if (hashes.length > 0 && !result.error) this.#onShown(peer, lastHash(linked));
    if (result.added > 0) await this.#onAccepted(result);
    return result;
  }
}

function isFull({ headers }: LinkedHeaders): boolean {
  return headers.length >= MAX_HEADERS_RESULTS * HEADER_SIZE;
}

function lastHash({ hashes }: LinkedHeaders): BlockHash {
  return hashes.slice(-32) as BlockHash;
}

function parentOfLast({ headers }: LinkedHeaders): BlockHash {
  const start = headers.length - HEADER_SIZE + PREV_OFFSET;
  return headers.slice(start, start + 32) as BlockHash;
}

/** Plain headers as compressed ones that leave nothing out. */
function inFull(headers: ConcatenatedHeaders): CompressedHeaders {
  return { headers, bitFields: new Uint8Array(headers.length / HEADER_SIZE).fill(HeaderBit.prevBlockHash) };
}

function headersOf(message: HeadersMessage): ConcatenatedHeaders {
  return message.command === "headers2" ? message.payload.headers : message.payload;
}

/** Points that it costs a peer how its headers failed: one from the future may be our own clock's fault. */
export function headerPenalty({ code }: DashlightError): number {
  if (code === "chain/time-too-new") return 10;
  return /^(chain|wire)\//.test(code) || code === "net/header-flood" ? 100 : 0;
}
