import { DashlightError, isDashlightError } from "../errors.ts";
import type { Peer } from "../net/peer.ts";
import { equalBytes } from "../wire/hashes.ts";
import type { Message } from "../wire/message.ts";
import type { MnListDiff } from "../wire/mnListDiff.ts";
import type { QRInfo } from "../wire/qrInfo.ts";
import type { AnswerMessage } from "./answerLedger.ts";
import type { SyncRequest } from "./plan.ts";

type Content =
  | { readonly kind: "qrinfo"; readonly qrInfo: QRInfo }
  | { readonly kind: "mnlistdiff"; readonly diff: MnListDiff };

/** What a peer sent; `bytes` on the wire, and how long they took from the first to the last. */
export type SyncAnswer = Content & {
  readonly peer: Peer;
  readonly bytes: number;
  readonly transferMs: number;
};

export interface AskOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether a message answers an earlier request, which nobody waits for any more. */
  readonly isOverdue: (message: AnswerMessage) => boolean;
}

/**
 * Sends a request to a peer and waits for its answer.
 * @throws `net/refused`, `net/timeout`, `net/disconnected`, `wire/*`, or the reason of `signal`
 */
export function askPeer(request: SyncRequest, peer: Peer, options: AskOptions): Promise<SyncAnswer> {
  const { timeoutMs, signal, isOverdue } = options;
  const take = (message: Message): SyncAnswer | undefined => {
    if (!isAbout(message, request) || isOverdue(message)) return undefined;
    const base = { peer, bytes: peer.messageBytes, transferMs: peer.messageMs };
    return message.command === "qrinfo"
      ? { kind: "qrinfo", ...base, qrInfo: message.payload }
      : { kind: "mnlistdiff", ...base, diff: message.payload };
  };
  const question: Message =
    request.kind === "mnlistdiff"
      ? { command: "getmnlistd", payload: request.request }
      : { command: "getqrinfo", payload: request.request };
  return peer.request(question, take, { timeoutMs, signal });
}

/** A qrinfo does not say what it was asked for; whoever applies it looks whether it is about the right cycle. */
function isAbout(message: Message, request: SyncRequest): message is AnswerMessage {
  if (request.kind === "qrinfo") return message.command === "qrinfo";
  const { baseBlockHash, blockHash } = request.request;
  return (
    message.command === "mnlistdiff" &&
    equalBytes(message.payload.baseBlockHash, baseBlockHash) &&
    equalBytes(message.payload.blockHash, blockHash)
  );
}

/** Whether an error says that the answer itself was bad, not that it did not come. */
export function isBadAnswer(error: unknown): error is DashlightError {
  return error instanceof DashlightError && /^(wire|engine)\//.test(error.code) && !isOurFault(error);
}

/** The peer may know blocks that we do not, and a base can be gone because the request for it failed. */
function isOurFault(error: DashlightError): boolean {
  return isDashlightError(error, "engine/unknown-base") || isDashlightError(error, "engine/unknown-block");
}
