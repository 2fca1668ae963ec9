import { Writer } from "../../../worker/wire/codec.ts";
import { encodeFrame } from "../../../worker/wire/frame.ts";
import type { Decisions } from "./decisions.ts";
import type { FrameFaults } from "./profile.ts";
import type { Subject } from "./subject.ts";

/** Mainnet's. */
const OTHER_MAGIC = Uint8Array.of(0xbf, 0x0c, 0x6b, 0xbd);
const LENGTH_OFFSET = 16;
const CHECKSUM_OFFSET = 20;
/** Above what any node or client takes. */
const OVERSIZE_BYTES = 64 * 1024 * 1024;
const MAX_GARBAGE_BYTES = 64;

/** @returns the frame of a message with what is wrong with it */
export function makeFrame(
  magic: Uint8Array,
  payload: Uint8Array,
  subject: Subject,
  faults: FrameFaults | undefined,
  decisions: Decisions,
): Uint8Array {
  const frame = encodeFrame(magic, subject.command, payload);
  if (faults === undefined) return frame;
  if (decisions.isHit("badChecksum", faults.badChecksum, subject)) {
    frame[CHECKSUM_OFFSET] = (frame[CHECKSUM_OFFSET] ?? 0) ^ 1;
  }
  if (decisions.isHit("oversize", faults.oversize, subject)) {
    new DataView(frame.buffer).setUint32(LENGTH_OFFSET, OVERSIZE_BYTES, true);
  }
  if (decisions.isHit("otherMagic", faults.otherMagic, subject)) frame.set(OTHER_MAGIC);
  if (!decisions.isHit("garbage", faults.garbage, subject)) return frame;
  return Uint8Array.of(...makeGarbage(subject, decisions), ...frame);
}

function makeGarbage(subject: Subject, decisions: Decisions): Uint8Array {
  const writer = new Writer();
  const size = 1 + decisions.below(MAX_GARBAGE_BYTES, "garbageSize", subject);
  for (let i = 0; i < size; i++) writer.u8(decisions.below(0x100, "garbageByte", subject));
  return writer.finish();
}
