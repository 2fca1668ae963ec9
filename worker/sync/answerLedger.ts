import { toHashHex } from "../wire/hashes.ts";
import type { Message } from "../wire/message.ts";
import type { RequestKind } from "./misbehaviourBudget.ts";
import type { SyncRequest } from "./plan.ts";

/** Requests remembered of each address. No specific reason for this number. */
const MAX_REMEMBERED = 32;

/** Why a message answers nothing that is being waited for. */
export type Stray = "late" | "duplicate" | "mismatched" | "unsolicited";

type Status = "waiting" | "answered" | "expired";

interface Remembered {
  readonly kind: RequestKind;
  readonly key: string;
  status: Status;
}

export type AnswerMessage = Extract<Message, { command: "mnlistdiff" | "qrinfo" }>;

/** Remembers what each address was asked, to tell what its stray answers are. Nothing in them names a request. */
export class AnswerLedger {
  /** Oldest first. */
  readonly #asked = new Map<string, Remembered[]>();

  /** @param workBlock - that the answer to a qrinfo must be about, as hex @returns what to call when it is over */
  ask(address: string, request: SyncRequest, workBlock: string): (status: "answered" | "expired") => void {
    const { kind } = request;
    const key = kind === "qrinfo" ? workBlock : diffKey(request.request);
    const entry: Remembered = { kind, key, status: "waiting" };
    this.#asked.set(address, [...this.#of(address), entry].slice(-MAX_REMEMBERED));
    return (status) => {
      entry.status = status;
    };
  }

  /** Whether a message is the answer to a request of that address that is over, and to none that is not. */
  isOverdue(address: string, message: AnswerMessage): boolean {
    const same = this.#matching(address, message);
    return same.length > 0 && !same.some(({ status }) => status === "waiting");
  }

  /** @returns what a message is that no request was waiting for */
  classify(address: string, message: AnswerMessage): Stray {
    const same = this.#matching(address, message).at(-1);
    if (same?.status === "expired") return "late";
    if (same) return "duplicate";
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
