import { addr, addrV2 } from "./addr.ts";
import { block } from "./block.ts";
import { type Codec, type Decoded, decode, encode } from "./codec.ts";
import { empty, mnAuth, pingNonce, sendCmpct, sendDsq } from "./control.ts";
import { finalCommitment } from "./finalCommitment.ts";
import { getHeaders, headers, headers2 } from "./headers.ts";
import { inventory } from "./inventory.ts";
import { chainLock, instantLock } from "./locks.ts";
import { getMnListDiff, mnListDiff } from "./mnListDiff.ts";
import { getQRInfo, qrInfo } from "./qrInfo.ts";
import { transaction } from "./tx.ts";
import { version } from "./version.ts";

/** Every message we read or write, by its command. Three encodings depend on the common protocol version. */
const payloads = {
  version: () => version,
  verack: () => empty,
  ping: () => pingNonce,
  pong: () => pingNonce,
  mnauth: () => mnAuth,
  sendaddrv2: () => empty,
  sendheaders: () => empty,
  sendheaders2: () => empty,
  sendcmpct: () => sendCmpct,
  senddsq: () => sendDsq,
  getaddr: () => empty,
  addr: () => addr,
  addrv2: () => addrV2,
  inv: () => inventory,
  getdata: () => inventory,
  notfound: () => inventory,
  mempool: () => empty,
  tx: () => transaction,
  block: () => block,
  getheaders: () => getHeaders,
  getheaders2: () => getHeaders,
  headers: () => headers,
  headers2,
  getmnlistd: () => getMnListDiff,
  mnlistdiff: mnListDiff,
  getqrinfo: () => getQRInfo,
  qrinfo: qrInfo,
  qfcommit: () => finalCommitment,
  clsig: () => chainLock,
  isdlock: () => instantLock,
};

export type Command = keyof typeof payloads;
export type Payload<C extends Command> = Decoded<ReturnType<(typeof payloads)[C]>>;
type MessageOf<C extends Command> = {
  [K in C]: { readonly command: K; readonly payload: Payload<K> };
}[C];

/** A message known to us, told apart by `command`. Messages without content have the payload `undefined`. */
export type KnownMessage = MessageOf<Command>;
/** A message to ignore, as nodes do with commands they do not know. */
export interface UnknownMessage {
  readonly command: "unknown";
  /** The command it came with. */
  readonly name: string;
  readonly payload: Uint8Array;
}
export type Message = KnownMessage | UnknownMessage;

const codecs: { readonly [C in Command]: (protocolVersion: number) => Codec<Payload<C>> } = payloads;

function isKnown(command: string): command is Command {
  return Object.hasOwn(codecs, command);
}

/**
 * @param command - as the frame names it
 * @param protocolVersion - the common version of the connection; before it is known (the `version` message) any
 * @throws `wire/*` if the payload of a known command is not exactly one value of its format
 */
export function decodeMessage(command: string, payload: Uint8Array, protocolVersion: number): Message {
  if (!isKnown(command)) return { command: "unknown", name: command, payload };
  return decodeKnown(command, payload, protocolVersion);
}

function decodeKnown<C extends Command>(
  command: C,
  payload: Uint8Array,
  protocolVersion: number,
): MessageOf<C> {
  return { command, payload: decode(codecs[command](protocolVersion), payload) };
}

/** @returns the payload; the frame around it is `encodeFrame(magic, commandOf(message), payload)` */
export function encodeMessage(message: Message, protocolVersion: number): Uint8Array {
  return message.command === "unknown" ? message.payload : encodeKnown(message, protocolVersion);
}

function encodeKnown<C extends Command>(message: MessageOf<C>, protocolVersion: number): Uint8Array {
  return encode<Payload<C>>(codecs[message.command](protocolVersion), message.payload);
}

export function commandOf(message: Message): string {
  return message.command === "unknown" ? message.name : message.command;
}
