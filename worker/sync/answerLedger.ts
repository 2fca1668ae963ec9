import { toHashHex } from "../wire/hashes.ts";
import type { Message } from "../wire/message.ts";
import type { RequestKind } from "./misbehaviourBudget.ts";
import type { SyncRequest } from "./plan.ts";

/** Requests remembered of each address. No specific reason for this number. */
const MAX_REMEMBERED = 32;

/**
 * Why a message answers nothing that is being waited for. Late is the first answer after a timeout: the node owed it,
 * and was slow. One that was denied comes after the pong that said there is none.
 */
export type Stray = "late" | "denied" | "duplicate" | "mismatched" | "unsolicited";

/** How the wait for an answer ended. */
export type WaitEnd = "answered" | "timed-out" | "refused";

interface Remembered {
  readonly kind: RequestKind;
  readonly key: string;
  status: "waiting" | WaitEnd;
}

export type AnswerMessage = Extract<Message, { command: "mnlistdiff" | "qrinfo" }>;

/** Remembers what each address was asked, to tell what its stray answers are. Nothing in them names a request. */
export class AnswerLedger {
  /** Oldest first. */
  readonly #asked = new Map<string, Remembered[]>();

  /** @param workBlock - that the answer to a qrinfo must be about, as hex @returns what to call when it is over */
  ask(address: string, request: SyncRequest, workBlock: string): (end: WaitEnd) => void {
    const { kind } = request;
    const key = kind === "qrinfo" ? workBlock : diffKey(request.request);
    const entry: Remembered = { kind, key, status: "waiting" };
    this.#asked.set(address, [...this.#of(address), entry].slice(-MAX_REMEMBERED));
    return (end) => {
      entry.status = end;
    };
  }

  /** Whether a message is the answer to a request of that address that is over, and to none that is not. */
  isOverdue(address: string, message: AnswerMessage): boolean {
    const same = this.#matching(address, message);
    return same.length > 0 && !same.some(({ status }) => status === "waiting");
  }

  /** @returns what a message is that no request was waiting for; late only once for each timeout */
  takeStray(address: string, message: AnswerMessage): Stray {
    const same = this.#matching(address, message);
    const owed = same.find(({ status }) => status === "timed-out");
    if (owed) {
      owed.status = "answered";
      return "late";
    }
    if (same.length > 0) return same.at(-1)?.status === "refused" ? "denied" : "duplicate";
    const isOtherAwaited = this.#of(address).some(
      ({ kind, status }) => kind === message.command && status === "waiting",
    );
    return isOtherAwaited ? "mismatched" : "unsolicited";
  }

  #matching(address: string, message: AnswerMessage): Remembered[] {
    const key =
      message.command === "qrinfo"
        ? toHashHex(message.payload.mnListDiffH.blockHash)
        : diffKey(message.payload);
    return this.#of(address).filter((entry) => entry.kind === message.command && entry.key === key);
  }

  #of(address: string): Remembered[] {
    return this.#asked.get(address) ?? [];
  }
}

function diffKey({
  baseBlockHash,
  blockHash,
}: {
  baseBlockHash: Parameters<typeof toHashHex>[0];
  blockHash: Parameters<typeof toHashHex>[0];
}): string {
  return `${toHashHex(baseBlockHash)} ${toHashHex(blockHash)}`;
}
