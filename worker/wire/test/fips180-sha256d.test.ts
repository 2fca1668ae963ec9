import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256, sha256d, toHashHex } from "../hashes.ts";

/** The same by another implementation: OpenSSL. */
function byOpenSsl(bytes: Uint8Array): Uint8Array {
  return onceByOpenSsl(onceByOpenSsl(bytes));
}

function onceByOpenSsl(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(bytes).digest());
}

const message = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff);

describe("sha256 and sha256d", () => {
  it("of Bitcoin's first header is its well-known hash", () => {
    const header = Buffer.from(
      `01000000${"00".repeat(32)}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a` +
        "29ab5f49ffff001d1dac2b7c",
      "hex",
    );
    expect(toHashHex(sha256d(header))).toBe(
      "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    );
  });

  it("of every length up to 1 200 is OpenSSL's, whatever was hashed before", () => {
    const lengths = Array.from({ length: 1201 }, (_, length) => length);
    for (const length of [...lengths, ...lengths.toReversed(), 5_000, 65_536, 1, 10_000, 0]) {
      if (Buffer.compare(sha256d(message(length)), byOpenSsl(message(length))) !== 0) {
        expect.fail(`${length} bytes`);
      }
      if (Buffer.compare(sha256(message(length)), onceByOpenSsl(message(length))) !== 0) {
        expect.fail(`${length} bytes, once`);
      }
    }
  });

  it("does not depend on how the bytes were split", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }), (parts) => {
        expect(sha256d(...parts)).toEqual(byOpenSsl(Buffer.concat(parts)));
        expect(sha256(...parts)).toEqual(onceByOpenSsl(Buffer.concat(parts)));
      }),
    );
  });

  it("takes views, leaves them as they are, and gives bytes that stay", () => {
    const bytes = message(300);
    const view = bytes.subarray(100, 164);
    const first = sha256d(view);
    const copy = first.slice();
    const once = sha256(view);
    sha256d(message(64));
    sha256d(first, first);
    expect(once).toEqual(onceByOpenSsl(view));
    expect(first).toEqual(copy);
    expect(first).toEqual(byOpenSsl(message(300).slice(100, 164)));
    expect([first.length, first.byteOffset, first.buffer.byteLength]).toEqual([32, 0, 32]);
    expect(bytes).toEqual(message(300));
  });
});
