import { Writer } from "../../../worker/wire/codec.ts";
import { HEADER_SIZE } from "../../../worker/wire/header.ts";
import { MAX_HEADERS_COMPRESSED_RESULTS, MAX_HEADERS_RESULTS } from "../../../worker/wire/headers.ts";
import { InvType, MAX_INV_SZ } from "../../../worker/wire/inventory.ts";
import type { Command, Message } from "../../../worker/wire/message.ts";

/** Messages whose number of items has a limit of its own. */
export const OVERLONG_COMMANDS: readonly Command[] = ["inv", "headers", "headers2"];

/** "Sent in full": version, hash of the previous block, time and bits. */
const FULL_HEADER_BITS = 0x38;

/** @returns the same kind of message with one item above its limit, all of them empty; others as they are */
export function makeOverlong(message: Message): Message {
  const { command } = message;
  const writer = new Writer();
  const write = (count: number, item: Uint8Array) => {
    writer.compactSize(count);
    for (let i = 0; i < count; i++) writer.bytes(item);
  };
  if (command === "inv") write(MAX_INV_SZ + 1, Uint8Array.of(InvType.tx, ...new Uint8Array(35)));
  else if (command === "headers") write(MAX_HEADERS_RESULTS + 1, new Uint8Array(HEADER_SIZE + 1));
  else if (command === "headers2") {
    const header = Uint8Array.of(FULL_HEADER_BITS, ...new Uint8Array(HEADER_SIZE));
    write(MAX_HEADERS_COMPRESSED_RESULTS + 1, header);
  } else return message;
  return { command: "unknown", name: command, payload: writer.finish() };
}
