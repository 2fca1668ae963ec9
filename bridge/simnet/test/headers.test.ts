import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BlockHash } from "../../../worker/wire/hashes.ts";
import { headerAt, linkHeaders } from "../../../worker/wire/headers.ts";
import { InvType } from "../../../worker/wire/inventory.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = new Uint8Array(32) as BlockHash;
const UNKNOWN = new Uint8Array(32).fill(0xab) as BlockHash;

let simnet: Simnet;
beforeAll(async () => {
  simnet = await startSimnet({ blocks: 60 });
});
afterAll(() => simnet.close());

const request = (locator: BlockHash[], hashStop: BlockHash = ZERO) => ({ version: 70240, locator, hashStop });

function split(headers: Uint8Array): Uint8Array[] {
  return Array.from({ length: headers.length / 80 }, (_, i) => headerAt(headers, i));
}

function chainHeaders(from: number, to = simnet.tip.height): Uint8Array[] {
  return Array.from({ length: to - from + 1 }, (_, i) => simnet.chain.block(from + i).headerBytes);
}

describe("requests", () => {
  it.each([
    ["from genesis", () => [simnet.chain.hashAt(0)], 1],
    ["from the fork point, the first known of the locator", () => [UNKNOWN, simnet.chain.hashAt(40)], 41],
    ["from height 1 if nothing is known", () => [UNKNOWN], 1],
    ["nothing at the tip", () => [simnet.tip.hash], 61],
  ])("headers, %s", async (_, locator, from) => {
    const peer = await TestPeer.join(simnet);
    peer.send({ command: "getheaders", payload: request(locator()) });
    expect(split(await peer.next("headers"))).toEqual(chainHeaders(from));
    peer.close();
  });

  it("headers2: the same chain, compressed", async () => {
    const peer = await TestPeer.join(simnet);
    peer.send({ command: "getheaders2", payload: request([simnet.chain.hashAt(0)]) });
    const compressed = await peer.next("headers2");
    const linked = linkHeaders(compressed, (header) => hashOf(header));
    expect(split(linked.headers)).toEqual(chainHeaders(1));
    expect(new Set(compressed.bitFields).size).toBeGreaterThan(3);
    peer.close();
  });

  it("ends at the stop hash, and answers an empty locator with that block alone", async () => {
    const peer = await TestPeer.join(simnet);
    const stop = simnet.chain.hashAt(12);
    peer.send({ command: "getheaders", payload: request([simnet.chain.hashAt(3)], stop) });
    expect(split(await peer.next("headers"))).toEqual(chainHeaders(4, 12));
    peer.send({ command: "getheaders", payload: request([], stop) });
    expect(split(await peer.next("headers"))).toEqual(chainHeaders(12, 12));
    peer.send({ command: "getheaders", payload: request([], UNKNOWN) });
    expect(await peer.fence()).toEqual([]);
    peer.close();
  });

  it("disconnects a locator of 102", async () => {
    const peer = await TestPeer.join(simnet);
    const payload = new Uint8Array(4 + 1 + 102 * 32 + 32);
    payload[4] = 102;
    peer.sendRaw("getheaders", payload);
    await peer.closed();
  });
});

function hashOf(header: Uint8Array): Uint8Array {
  const found = chainHeaders(1).findIndex((each) => Buffer.compare(each, header) === 0);
  return simnet.chain.hashAt(found + 1);
}

describe("announcements", () => {
  it.each([
    { wishes: [], command: "inv" as const },
    { wishes: ["sendheaders"] as const, command: "headers" as const },
    { wishes: ["sendheaders2"] as const, command: "headers2" as const },
    { wishes: ["sendheaders", "sendheaders2"] as const, command: "headers2" as const },
    { wishes: ["sendheaders2", "sendheaders"] as const, command: "headers2" as const },
  ])("a peer at the tip that sent $wishes gets $command", async ({ wishes, command }) => {
    const peer = await TestPeer.join(simnet);
    for (const wish of wishes) peer.send({ command: wish, payload: undefined });
    peer.send({ command: "getheaders", payload: request([simnet.tip.hash]) });
    await peer.fence();
    await simnet.mine();
    const messages = (await peer.fence()).filter((message) => !isLock(message.command));
    expect(messages.map((message) => message.command)).toEqual(
      command === "inv" ? ["inv", "inv"] : [command, "inv"],
    );
    peer.close();
  });

  it("a peer that never asked for headers gets an inv, whatever it wished", async () => {
    const peer = await TestPeer.join(simnet);
    peer.send({ command: "sendheaders2", payload: undefined });
    await peer.fence();
    await simnet.mine();
    expect(await peer.next("inv")).toEqual([{ type: InvType.block, hash: simnet.tip.hash }]);
    peer.close();
  });

  it("headers connect to what the peer has, one after another", async () => {
    const peer = await TestPeer.join(simnet);
    peer.send({ command: "sendheaders", payload: undefined });
    peer.send({ command: "getheaders", payload: request([simnet.tip.hash]) });
    await peer.fence();
    const from = simnet.tip.height + 1;
    await simnet.mine(3);
    const announced = (await peer.fence()).flatMap((message) =>
      message.command === "headers" ? split(message.payload) : [],
    );
    expect(announced).toEqual(chainHeaders(from));
    peer.close();
  });
});

function isLock(command: string): boolean {
  return command === "clsig";
}
