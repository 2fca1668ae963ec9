import { describe, expect, it } from "vitest";
import { commandOf, decodeMessage, encodeMessage, type Message } from "../message.ts";
import { codeOf } from "./recordings.ts";

describe("decodeMessage", () => {
  it.each(["feefilter", "spork", "", "VERACK", "unknown", "toString", "__proto__", "constructor"])(
    "keeps a message it does not know: %j",
    (name) => {
      const payload = Uint8Array.of(1, 2, 3);
      const message = decodeMessage(name, payload, 70240);
      expect(message).toEqual({ command: "unknown", name, payload });
      expect(commandOf(message)).toBe(name);
      expect(encodeMessage(message, 70240)).toBe(payload);
    },
  );

  it.each(["verack", "getaddr", "mempool", "sendaddrv2", "sendheaders", "sendheaders2"])(
    "has nothing in %s, and refuses something",
    (command) => {
      expect(decodeMessage(command, new Uint8Array(0), 70240)).toEqual({ command, payload: undefined });
      expect(codeOf(() => decodeMessage(command, Uint8Array.of(0), 70240))).toBe("wire/trailing-bytes");
    },
  );

  it("tells ping from pong", () => {
    const ping = decodeMessage("ping", new Uint8Array(8).fill(1), 70240);
    expect(ping).toEqual({ command: "ping", payload: 0x0101010101010101n });
    const pong: Message | undefined = ping.command === "ping" ? { ...ping, command: "pong" } : undefined;
    expect(pong && commandOf(pong)).toBe("pong");
    expect(pong && encodeMessage(pong, 70240)).toEqual(new Uint8Array(8).fill(1));
  });
});
