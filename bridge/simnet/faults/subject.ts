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

const ANSWERS: Partial<Record<string, readonly Command[]>> = {
  getheaders: ["headers"],
  getheaders2: ["headers2"],
  getmnlistd: ["mnlistdiff"],
  getqrinfo: ["qrinfo"],
  getdata: ["block", "tx", "clsig", "isdlock", "notfound"],
};

/** @param request - undefined: the node speaks by itself */
export function subjectOf(
  message: Message,
  request: Request | undefined,
  encode: (message: Message) => Uint8Array,
): Subject {
  const command = commandOf(message);
  const answers = (request && ANSWERS[request.command]) ?? [];
  const isAnswer = answers.some((answer) => answer === command);
  // Other answers depend on the time; what getdata brings does not, and one brings several.
  const isSaid = !isAnswer || request === undefined || request.command === "getdata";
  return { command, isAnswer, content: isSaid ? () => encode(message) : () => request.payload };
}
