import { isDashlightError } from "../../worker/errors.ts";
import type { Frame } from "../../worker/wire/frame.ts";
import { type BlockHash, toHashHex, ZERO_HASH } from "../../worker/wire/hashes.ts";
import { type ConcatenatedHeaders, type GetHeaders, readHeaders } from "../../worker/wire/headers.ts";
import { type InventoryItem, InvType } from "../../worker/wire/inventory.ts";
import type { ChainLock } from "../../worker/wire/locks.ts";
import {
  commandOf,
  decodeMessage,
  encodeMessage,
  type Message,
  type Payload,
} from "../../worker/wire/message.ts";
import { NO_ADDRESS, PROTOCOL_VERSION, ServiceFlag, type Version } from "../../worker/wire/version.ts";
import {
  chainLockItem,
  findHeaders,
  findObjects,
  type HeadersForm,
  headersMessage,
  instantLockItem,
  poolItems,
} from "./answers.ts";
import type { SimBlock } from "./block.ts";
import { BlockAnnouncer } from "./blockAnnouncer.ts";
import type { PendingPayment, SimChain } from "./chain.ts";
import type { NetworkClock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { buildMnListDiff } from "./consensus/buildMnListDiff.ts";
import { buildQRInfo } from "./consensus/buildQRInfo.ts";
import type { NodeFaults } from "./faults/nodeFaults.ts";
import { Outbox } from "./faults/outbox.ts";
import { type Request, type Subject, subjectOf } from "./faults/subject.ts";
import type { Truth } from "./faults/truth.ts";
import { rotatingLlmq } from "./params.ts";

/** Older peers are disconnected (Core 23.1.2 version.h MIN_PEER_PROTO_VERSION). */
const MIN_PEER_PROTO_VERSION = 70221;
/** Since this common version a node says that it wants addrv2. */
const ADDRV2_PROTO_VERSION = 70223;
/** Score at which a peer is disconnected (Core 23.1.2 net_processing.h DISCOURAGEMENT_THRESHOLD). */
const DISCOURAGEMENT_THRESHOLD = 100;
const HANDSHAKE_TIMEOUT_MS = 60_000;
const PING_INTERVAL_MS = 120_000;
/** `mempool` is answered with the next batch of announcements, so a pong may come first. */
const POOL_DELAY_MS = 50;

export const SERVICES =
  ServiceFlag.network | ServiceFlag.bloom | ServiceFlag.networkLimited | ServiceFlag.headersCompressed;
const USER_AGENT = "/Dash Core:23.1.2(simnet)/";

/** What the node lends to its sessions. */
export interface SessionContext {
  /** The node's, which may become another. */
  readonly chain: SimChain;
  readonly clock: NetworkClock;
  readonly faults: NodeFaults;
  readonly nextNonce: () => bigint;
  readonly log: (line: string) => void;
}

/**
 * A node's side of one connection: handshake, requests strictly in order, announcements, misbehaviour.
 * Source: Core 23.1.2 net_processing.cpp
 */
export class Session {
  readonly #context: SessionContext;
  readonly #connection: Connection;
  readonly #announcer: BlockAnnouncer;
  readonly #outbox: Outbox;
  readonly #protocolVersion: number;
  readonly #isBlocksOnly: boolean;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** undefined until the peer's version is here */
  #commonVersion: number | undefined;
  #isReady = false;
  #wantsCompressed = false;
  #relaysPayments = true;
  #wantsRecoveredSigs = false;
  readonly #announcedTxs = new Set<string>();
  #score = 0;
  /** What is being handled. */
  #request: Request | undefined;

  constructor(context: SessionContext, connection: Connection) {
    this.#context = context;
    this.#connection = connection;
    this.#announcer = new BlockAnnouncer(() => context.chain);
    const { profile, decisions } = context.faults;
    this.#protocolVersion = profile.protocolVersion ?? PROTOCOL_VERSION;
    this.#isBlocksOnly = profile.relay === false;
    this.#outbox = new Outbox(
      () => context.faults.profile.messages,
      decisions,
      (message, subject) => connection.send(this.#encode(message), subject),
    );
    this.#after(HANDSHAKE_TIMEOUT_MS, () => {
      if (!this.#isReady) this.#disconnect("handshake timed out");
    });
  }

  get isReady(): boolean {
    return this.#isReady && !this.#connection.isClosed;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#outbox.close();
  }

  receive(frame: Frame): void {
    if (frame.kind === "broken") this.#disconnect(frame.error.message);
    if (frame.kind !== "message") return;
    const message = this.#decode(frame.command, frame.payload);
    if (message === undefined) return;
    this.#request = frame;
    this.#handle(message);
    this.#request = undefined;
  }

  /** @param blocks - new on the active chain, ascending */
  announceBlocks(blocks: readonly [SimBlock, ...SimBlock[]]): void {
    if (this.isReady) this.#send(this.#announcer.announce(blocks));
  }

  announceChainLock(lock: ChainLock): void {
    if (this.isReady) this.#send({ command: "inv", payload: [chainLockItem(lock)] });
  }

  /** The lock first: transactions are announced in batches, locks at once. */
  announcePayment({ txid, lock }: PendingPayment): void {
    if (!this.isReady || !this.#relaysPayments || this.#isBlocksOnly) return;
    if (lock !== undefined && !this.#wantsRecoveredSigs) {
      this.#send({ command: "inv", payload: [instantLockItem(lock)] });
    }
    this.#announcedTxs.add(toHashHex(txid));
    this.#send({ command: "inv", payload: [{ type: InvType.tx, hash: txid }] });
  }

  /** @returns undefined for a payload that does not decode; bytes behind a message are ignored, as nodes do */
  #decode(command: string, payload: Uint8Array): Message | undefined {
    const version = this.#commonVersion ?? this.#protocolVersion;
    try {
      return decodeMessage(command, payload, version);
    } catch (error) {
      if (!isDashlightError(error)) throw error;
      if (error.facts.code === "wire/trailing-bytes") {
        return this.#decode(command, payload.subarray(0, -error.facts.trailing));
      }
      this.#handleUndecodable(command, error.facts.code);
      return undefined;
    }
  }

  /** A payload that does not decode is ignored, but for messages nobody may send and counts over their limit. */
  #handleUndecodable(command: string, code: string): void {
    if (!this.#isReady) return;
    if (command === "mnlistdiff" || command === "qrinfo") {
      this.#misbehave(DISCOURAGEMENT_THRESHOLD, `unsolicited ${command}`);
    } else if (code === "wire/oversized") {
      if (command === "getheaders" || command === "getheaders2") this.#disconnect("locator too long");
      else if (["inv", "getdata", "headers", "addr"].includes(command))
        this.#misbehave(20, `${command} too long`);
    }
  }

  /** Before version nothing counts; before verack only wishes do. */
  #handle(message: Message): void {
    if (message.command === "version") this.#onVersion(message.payload);
    else if (this.#commonVersion !== undefined) this.#onMessage(message, this.#commonVersion);
  }

  #onMessage(message: Message, commonVersion: number): void {
    switch (message.command) {
      case "verack":
        this.#onVerack();
        break;
      case "sendaddrv2":
        if (this.#isReady) this.#disconnect("sendaddrv2 after verack");
        break;
      case "sendheaders":
        this.#announcer.wish("headers");
        break;
      case "sendheaders2":
        this.#announcer.wish("headers2");
        break;
      default:
        if (this.#isReady) this.#onRequest(message, commonVersion);
    }
  }

  #onVersion(peer: Version): void {
    if (this.#commonVersion !== undefined) return;
    if (peer.protocolVersion < MIN_PEER_PROTO_VERSION || peer.isMasternode === true) {
      this.#disconnect(`version ${peer.protocolVersion}, masternode ${peer.isMasternode}`);
      return;
    }
    this.#commonVersion = Math.min(peer.protocolVersion, this.#protocolVersion);
    this.#relaysPayments = peer.relay ?? true;
    this.#wantsCompressed = (peer.services & ServiceFlag.headersCompressed) !== 0n;
    this.#send({ command: "version", payload: this.#ownVersion(peer) });
    if (this.#commonVersion >= ADDRV2_PROTO_VERSION)
      this.#send({ command: "sendaddrv2", payload: undefined });
    this.#send({ command: "verack", payload: undefined });
  }

  #ownVersion(peer: Version): Version {
    const { chain, clock, nextNonce } = this.#context;
    return {
      protocolVersion: this.#protocolVersion,
      services: SERVICES,
      time: BigInt(clock.seconds),
      addrRecv: peer.addrRecv,
      sender: { addrFrom: { ...NO_ADDRESS, services: SERVICES }, nonce: nextNonce() },
      userAgent: USER_AGENT,
      startHeight: chain.tipHeight,
      relay: !this.#isBlocksOnly,
      mnAuthChallenge: new Uint8Array(32).fill(1),
      isMasternode: false,
      rest: new Uint8Array(),
    };
  }

  #onVerack(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#send({ command: this.#wantsCompressed ? "sendheaders2" : "sendheaders", payload: undefined });
    this.#send({ command: "sendcmpct", payload: { highBandwidth: false, version: 1n } });
    this.#send({ command: "senddsq", payload: true });
    this.#ping();
    for (const message of this.#context.faults.greet(this.#truth)) this.#send(message);
  }

  #onRequest(message: Message, commonVersion: number): void {
    const { chain } = this.#context;
    switch (message.command) {
      case "ping":
        this.#send({ command: "pong", payload: message.payload });
        break;
      case "getheaders":
        this.#answerHeaders(message.payload, "headers", commonVersion);
        break;
      case "getheaders2":
        this.#answerHeaders(message.payload, "headers2", commonVersion);
        break;
      case "headers":
        this.#onHeaders(message.payload, commonVersion);
        break;
      case "getmnlistd":
        this.#answer("mnlistdiff", buildMnListDiff(chain, message.payload));
        break;
      case "getqrinfo": {
        if (this.#isBlocksOnly) {
          this.#disconnect("a blocks-only node answers no getqrinfo");
          break;
        }
        const llmq = rotatingLlmq(chain.params);
        this.#answer("qrinfo", buildQRInfo(chain, message.payload, commonVersion, llmq));
        break;
      }
      case "getdata":
        for (const object of findObjects(chain, message.payload, (txid) => this.#announcedTxs.has(txid))) {
          this.#send(object);
        }
        break;
      case "mempool":
        this.#after(POOL_DELAY_MS, () => this.#sendPool());
        break;
      case "mnlistdiff":
      case "qrinfo":
      case "mnauth":
        this.#misbehave(DISCOURAGEMENT_THRESHOLD, `unsolicited ${message.command}`);
        break;
      case "unknown":
        this.#onUnknown(message.name);
        break;
    }
  }

  /** What cannot be answered is met with silence and a point. */
  #answer<C extends "mnlistdiff" | "qrinfo">(command: C, payload: Payload<C> | undefined): void {
    if (payload === undefined) this.#misbehave(1, `no ${command} for that`);
    else this.#send({ command, payload } as Message);
  }

  #answerHeaders(request: GetHeaders, form: HeadersForm, commonVersion: number): void {
    const { chain } = this.#context;
    const blocks = findHeaders(chain, request, form, commonVersion);
    if (blocks === undefined) return;
    this.#send(headersMessage(blocks, form, "reply"));
    this.#announcer.sentHeaders(blocks.at(-1));
  }

  /** Headers are asked for from where they connect. Core's locator has more hashes; these two are enough. */
  #onHeaders(headers: ConcatenatedHeaders, version: number): void {
    const { chain } = this.#context;
    const [first] = readHeaders(headers);
    if (first === undefined || chain.blockByHash(first.prevBlockHash) !== undefined) return;
    const locator = [chain.tip.hash, chain.hashAt(0)];
    const hashStop = ZERO_HASH as BlockHash;
    this.#send({ command: "getheaders", payload: { version, locator, hashStop } });
  }

  /** Messages without a codec of their own. A bloom filter counts as one that matches everything. */
  #onUnknown(command: string): void {
    switch (command) {
      case "filterload":
      case "filterclear":
        this.#relaysPayments = true;
        break;
      case "qsendrecsigs":
        this.#wantsRecoveredSigs = true;
        break;
      case "getcfilters":
      case "getcfheaders":
      case "getcfcheckpt":
        this.#disconnect("no compact filters here");
        break;
    }
  }

  #sendPool(): void {
    const all: InventoryItem[] = poolItems(this.#context.chain);
    const items = this.#isBlocksOnly ? all.filter(({ type }) => type === InvType.clSig) : all;
    for (const { type, hash } of items) if (type === InvType.tx) this.#announcedTxs.add(toHashHex(hash));
    if (items.length > 0) this.#send({ command: "inv", payload: items });
  }

  #ping(): void {
    this.#send({ command: "ping", payload: this.#context.nextNonce() });
    this.#after(PING_INTERVAL_MS, () => this.#ping());
  }

  #send(message: Message): void {
    const encode = (each: Message) => this.#encode(each);
    const subject = subjectOf(message, this.#request, encode);
    for (const other of this.#context.faults.interrupt(subject, this.#truth)) {
      this.#say(other, subjectOf(other, undefined, encode));
    }
    this.#say(message, subject);
  }

  /** Says it, or what the node says instead. */
  #say(message: Message, subject: Subject): void {
    for (const said of this.#context.faults.replace(message, subject, this.#truth)) {
      this.#outbox.send(said, { ...subject, command: commandOf(said) });
    }
  }

  #encode(message: Message): Uint8Array {
    return encodeMessage(message, this.#commonVersion ?? this.#protocolVersion);
  }

  get #truth(): Truth {
    return {
      chain: this.#context.chain,
      protocolVersion: this.#commonVersion ?? this.#protocolVersion,
    };
  }

  /** Points never go away again. */
  #misbehave(points: number, reason: string): void {
    this.#score += points;
    this.#context.log(`${this.#connection.address} misbehaves: ${reason} (+${points}, score ${this.#score})`);
    if (this.#score >= DISCOURAGEMENT_THRESHOLD) this.#disconnect(`score ${this.#score}`);
  }

  #disconnect(reason: string): void {
    this.#connection.disconnect(reason);
  }

  #after(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#connection.isClosed) run();
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }
}
