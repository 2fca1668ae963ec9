import { type Command, commandOf, type Message } from "../../../worker/wire/message.ts";

/** A message on its way, as decisions see it. */
export interface Subject {
  readonly command: string;
  /** Whether a request brought it about; a pong is no answer in this sense. */
  readonly isAnswer: boolean;
  /** What was asked for, else what is said. */
  readonly content: () => Uint8Array;
}

/** A message of the peer's that is being handled. */
export interface Request {
  readonly command: string;
  readonly payload: Uint8Array;
}

const ANSWERS: ReadonlySet<string> = new Set<Command>([
  "headers",
  "headers2",
  "mnlistdiff",
  "qrinfo",
  "block",
  "tx",
  "clsig",
  "isdlock",
  "notfound",
]);
/** Have one answer each, which depends on the time; what getdata brings does not. */
const SINGLE_REQUESTS: ReadonlySet<string> = new Set<Command>([
  "getheaders",
  "getheaders2",
  "getmnlistd",
  "getqrinfo",
]);

/** @param request - undefined: the node speaks by itself */
export function subjectOf(
  message: Message,
  request: Request | undefined,
  encode: (message: Message) => Uint8Array,
): Subject {
  const command = commandOf(message);
  const isAnswer = request !== undefined && ANSWERS.has(command);
  const isSingle = isAnswer && SINGLE_REQUESTS.has(request.command);
  return { command, isAnswer, content: isSingle ? () => request.payload : () => encode(message) };
}
