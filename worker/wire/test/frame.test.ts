import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasVectors, readVector } from "../../test/vectors.ts";
import { encodeFrame, FRAME_HEADER_SIZE, type Frame, FrameDecoder, MAX_PAYLOAD_SIZE } from "../frame.ts";
import { codeOf } from "./recordings.ts";

const REGTEST = hexToBytes("fcc1b7dc");
const VERACK = "fcc1b7dc76657261636b000000000000000000005df6e0e2";

/** What a frame is, without the identity of its error. */
function summary(frame: Frame): string {
  return frame.kind === "message"
    ? `${frame.command} ${bytesToHex(frame.payload)}`
    : `${frame.kind} ${frame.error.code}`;
}

function decodeAll(stream: Uint8Array, cuts: readonly number[] = [], maxPayloadSize?: number): string[] {
  const decoder = new FrameDecoder(REGTEST, maxPayloadSize);
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  const starts = [0, ...ends];
  return starts.flatMap((start, i) =>
    decoder.push(stream.subarray(start, ends[i] ?? stream.length)).map(summary),
  );
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("encodeFrame", () => {
  it("writes magic, padded command, length and checksum (an empty payload has 5df6e0e2)", () => {
    expect(bytesToHex(encodeFrame(REGTEST, "verack", new Uint8Array(0)))).toBe(VERACK);
  });

  it.each([
    ["thirteenchars", "too long"],
    ["ver\0ack", "NUL inside"],
    ["péng", "not ASCII"],
    ["a\x1fb", "control character"],
  ])("refuses the command %j (%s)", (command) => {
    expect(codeOf(() => encodeFrame(REGTEST, command, new Uint8Array(0)))).toBe("wire/invalid-value");
  });
});

describe("FrameDecoder", () => {
  it("takes a command of twelve characters, which has no NUL", () => {
    expect(decodeAll(encodeFrame(REGTEST, "sendheaders2", new Uint8Array(0)))).toEqual(["sendheaders2 "]);
  });

  it("drops a message with a wrong checksum, says which, and goes on", () => {
    const bad = encodeFrame(REGTEST, "ping", Uint8Array.of(1, 2, 3));
    bad[FRAME_HEADER_SIZE] = 9;
    const frames = new FrameDecoder(REGTEST).push(join(bad, hexToBytes(VERACK)));
    expect(frames.map(summary)).toEqual(["dropped wire/bad-checksum", "verack "]);
    expect(frames[0]?.kind === "dropped" && frames[0].error.facts).toEqual({
      code: "wire/bad-checksum",
      command: "ping",
    });
  });

  it.each([
    ["bytes after the NUL", "76657200636b000000000000"],
    ["a control character", "76651f61636b000000000000"],
    ["a byte above 7e", "76657f61636b000000000000"],
  ])("drops a message whose command has %s, and goes on", (_, command) => {
    const bad = hexToBytes(VERACK.replace("76657261636b000000000000", command));
    expect(decodeAll(join(bad, hexToBytes(VERACK)))).toEqual(["dropped wire/invalid-value", "verack "]);
  });

  it("ends at a wrong magic, even of the second message, and returns nothing any more", () => {
    const decoder = new FrameDecoder(REGTEST);
    const other = encodeFrame(hexToBytes("bf0c6bbd"), "verack", new Uint8Array(0));
    const frames = decoder.push(join(hexToBytes(VERACK), other, hexToBytes(VERACK)));
    expect(frames.map(summary)).toEqual(["verack ", "broken wire/bad-magic"]);
    expect(frames[1]?.kind === "broken" && frames[1].error.facts).toEqual({
      code: "wire/bad-magic",
      expected: "fcc1b7dc",
      received: "bf0c6bbd",
    });
    expect(decoder.push(hexToBytes(VERACK))).toEqual([]);
  });

  it("ends at an oversized payload as soon as the header is read", () => {
    const header = encodeFrame(REGTEST, "qrinfo", new Uint8Array(11)).subarray(0, FRAME_HEADER_SIZE);
    const frames = new FrameDecoder(REGTEST, 10).push(header);
    expect(frames[0]?.kind === "broken" && frames[0].error.facts).toEqual({
      code: "wire/oversized",
      what: "payload",
      size: 11,
      limit: 10,
    });
  });

  it("takes a payload of exactly the limit, by default 8 MiB and not one byte more", () => {
    expect(decodeAll(encodeFrame(REGTEST, "x", new Uint8Array(10)), [], 10)).toHaveLength(1);
    const header = encodeFrame(REGTEST, "x", new Uint8Array(0));
    new DataView(header.buffer).setUint32(16, MAX_PAYLOAD_SIZE, true);
    expect(decodeAll(header)).toEqual([]);
    new DataView(header.buffer).setUint32(16, MAX_PAYLOAD_SIZE + 1, true);
    expect(decodeAll(header)).toEqual(["broken wire/oversized"]);
    expect(MAX_PAYLOAD_SIZE).toBe(8_388_608);
  });

  it("allocates for data that came, not for data announced", () => {
    const header = encodeFrame(REGTEST, "x", new Uint8Array(0));
    new DataView(header.buffer).setUint32(16, MAX_PAYLOAD_SIZE, true);
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 50 }, () => new FrameDecoder(REGTEST));
    for (const decoder of decoders) decoder.push(header);
    const perDecoder = (process.memoryUsage().arrayBuffers - before) / decoders.length;
    expect(perDecoder).toBeLessThan(128 * 1024);
  });

  // Copying all that came before with every chunk would move 34 GB here.
  it("takes 8 MiB in chunks of 1000 bytes without copying them over and over", { timeout: 5000 }, () => {
    const payload = new Uint8Array(MAX_PAYLOAD_SIZE).map((_, i) => i * 7);
    const stream = encodeFrame(REGTEST, "qrinfo", payload);
    const decoder = new FrameDecoder(REGTEST);
    const frames: Frame[] = [];
    for (let i = 0; i < stream.length; i += 1000) frames.push(...decoder.push(stream.subarray(i, i + 1000)));
    expect(frames).toHaveLength(1);
    const [frame] = frames;
    expect(frame?.kind === "message" && Buffer.compare(frame.payload, payload)).toBe(0);
  });

  it("returns payloads that do not change when the chunk is overwritten", () => {
    const chunk = encodeFrame(REGTEST, "ping", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const [frame] = new FrameDecoder(REGTEST).push(chunk);
    chunk.fill(0);
    expect(frame && summary(frame)).toBe("ping 0102030405060708");
  });

  it("gives the same frames however the stream is cut", () => {
    const message = fc.record({
      command: fc.stringMatching(/^[a-z]{1,12}$/),
      payload: fc.uint8Array({ maxLength: 200 }),
      flaw: fc.constantFrom("none", "none", "none", "checksum", "command", "magic", "oversized"),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (messages, cuts) => {
          const stream = join(
            ...messages.map(({ command, payload, flaw }) => {
              const frame = encodeFrame(REGTEST, command, payload);
              if (flaw === "checksum") frame[20] = (frame[20] ?? 0) ^ 1;
              if (flaw === "command") frame[4] = 0x07;
              if (flaw === "magic") frame[0] = 0;
              if (flaw === "oversized") new DataView(frame.buffer).setUint32(16, 201, true);
              return frame;
            }),
          );
          const whole = decodeAll(stream, [], 200);
          expect(decodeAll(stream, cuts, 200)).toEqual(whole);
          const broken = messages.findIndex(({ flaw }) => flaw === "magic" || flaw === "oversized");
          expect(whole).toHaveLength(broken < 0 ? messages.length : broken + 1);
        },
      ),
    );
  });
});

if (hasVectors("mainnet/mnlistdiff")) {
  describe("a recorded frame", () => {
    it("of mainnet decodes, in one piece and byte by byte, and encodes to the same bytes", () => {
      const recorded = readVector("mainnet/mnlistdiff/mnlistdiff_0_2221605_framed.bin");
      const magic = hexToBytes("bf0c6bbd");
      const [frame] = new FrameDecoder(magic).push(recorded);
      if (frame?.kind !== "message") throw new Error("no message");
      expect(frame.command).toBe("mnlistdiff");
      expect(frame.payload).toHaveLength(526_986);
      expect(bytesToHex(encodeFrame(magic, frame.command, frame.payload).subarray(0, 24))).toBe(
        "bf0c6bbd6d6e6c6973746469666600008a0a080041e5bb39",
      );
      const decoder = new FrameDecoder(magic);
      const frames: Frame[] = [];
      for (const byte of recorded) frames.push(...decoder.push(Uint8Array.of(byte)));
      expect(frames).toHaveLength(1);
      expect(frames[0]?.kind === "message" && Buffer.compare(frames[0].payload, frame.payload)).toBe(0);
    });
  });
}
