import { DashlightError, isDashlightError } from "../errors.ts";
import type { Peer } from "../net/peer.ts";
import { equalBytes } from "../wire/hashes.ts";
import type { Message } from "../wire/message.ts";
import type { MnListDiff } from "../wire/mnListDiff.ts";
import type { QRInfo } from "../wire/qrInfo.ts";
import type { PeerSlots } from "./peerSlots.ts";
import type { SyncRequest } from "./plan.ts";

const QRINFO_TIMEOUT_MS = 30_000;
const MNLISTDIFF_TIMEOUT_MS = 15_000;

export type SyncAnswer =
  | { readonly kind: "qrinfo"; readonly peer: Peer; readonly qrInfo: QRInfo }
  | { readonly kind: "mnlistdiff"; readonly peer: Peer; readonly diff: MnListDiff };

export interface FetchOptions {
  readonly slots: PeerSlots;
  /** Addresses not to ask, for a peer may come back; every one asked is added. */
  readonly avoid: Set<string>;
  readonly signal: AbortSignal;
  /** A request is about to be sent. */
  readonly onAsk: () => void;
  /** A peer gave no answer. */
  readonly onFailure: (peer: Peer, error: DashlightError) => void;
}

/**
 * Asks one peer after another until one answers.
 * @throws the last peer's error when all were asked; `client/no-peers` when none could be; the reason of `signal`
 */
export async function fetchAnswer(
  request: SyncRequest,
  { slots, avoid, signal, onAsk, onFailure }: FetchOptions,
): Promise<SyncAnswer> {
  let lastError: DashlightError = new DashlightError({ code: "client/no-peers" });
  const isFit = (peer: Peer) =>
    !avoid.has(peer.address) && (request.kind === "mnlistdiff" || peer.answersQrInfo);
  for (;;) {
    const peer = await slots.acquire(isFit, signal);
    if (!peer) throw lastError;
    avoid.add(peer.address);
    try {
      onAsk();
      return await ask(request, peer, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DashlightError)) throw error;
      lastError = error;
      onFailure(peer, error);
    } finally {
      slots.release(peer);
    }
  }
}

async function ask(request: SyncRequest, peer: Peer, signal: AbortSignal): Promise<SyncAnswer> {
  if (request.kind === "mnlistdiff") {
    const { baseBlockHash, blockHash } = request.request;
    const isAnswer = (message: Message): message is Extract<Message, { command: "mnlistdiff" }> =>
      message.command === "mnlistdiff" &&
      equalBytes(message.payload.baseBlockHash, baseBlockHash) &&
      equalBytes(message.payload.blockHash, blockHash);
    const options = { timeoutMs: MNLISTDIFF_TIMEOUT_MS, signal };
    const answer = await peer.request({ command: "getmnlistd", payload: request.request }, isAnswer, options);
    return { kind: "mnlistdiff", peer, diff: answer.payload };
  }
  const isAnswer = (message: Message): message is Extract<Message, { command: "qrinfo" }> =>
    message.command === "qrinfo";
  const options = { timeoutMs: QRINFO_TIMEOUT_MS, signal };
  const answer = await peer.request({ command: "getqrinfo", payload: request.request }, isAnswer, options);
  return { kind: "qrinfo", peer, qrInfo: answer.payload };
}

/** Whether an error says that the answer itself was bad, not that it did not come. */
export function isBadAnswer(error: unknown): error is DashlightError {
  return error instanceof DashlightError && /^(wire|engine)\//.test(error.code) && !isOurFault(error);
}

/** The peer may know blocks that we do not, and a base can be gone because the request for it failed. */
function isOurFault(error: DashlightError): boolean {
  return isDashlightError(error, "engine/unknown-base") || isDashlightError(error, "engine/unknown-block");
}
