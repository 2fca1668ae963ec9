import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BlockHash } from "../../../worker/wire/hashes.ts";
import { commandOf } from "../../../worker/wire/message.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = new Uint8Array(32) as BlockHash;
const UNKNOWN = new Uint8Array(32).fill(0xab) as BlockHash;

let simnet: Simnet;
let peer: TestPeer;

beforeAll(async () => {
  simnet = await startSimnet({ blocks: 220 });
  peer = await TestPeer.join(simnet);
});
afterAll(async () => {
  peer.close();
  await simnet.close();
});

describe("refusals", () => {
  it.each([
    ["getmnlistd", { baseBlockHash: ZERO, blockHash: UNKNOWN }],
    ["getmnlistd", { baseBlockHash: UNKNOWN, blockHash: ZERO }],
    ["getqrinfo", { baseBlockHashes: [], blockRequestHash: UNKNOWN, extraShare: false }],
    ["getqrinfo", { baseBlockHashes: [ZERO], blockRequestHash: UNKNOWN, extraShare: false }],
  ] as const)("%s %# is met with silence that a pong shows", async (command, payload) => {
    peer.send({ command, payload } as Parameters<TestPeer["send"]>[0]);
    expect(await peer.fence()).toEqual([]);
  });

  it("a qrinfo whose cycles have no snapshots is refused", async () => {
    const blockRequestHash = simnet.chain.hashAt(150);
    peer.send({ command: "getqrinfo", payload: { baseBlockHashes: [], blockRequestHash, extraShare: true } });
    expect(await peer.fence()).toEqual([]);
  });

  it("disconnects at the hundredth, not before", async () => {
    const rude = await TestPeer.join(simnet);
    const payload = { baseBlockHash: ZERO, blockHash: UNKNOWN };
    for (let i = 0; i < 99; i++) rude.send({ command: "getmnlistd", payload });
    expect(await rude.fence()).toEqual([]);
    rude.send({ command: "getmnlistd", payload });
    await rude.closed();
    const back = await TestPeer.join(simnet);
    back.close();
  });

  it.each(["mnlistdiff", "qrinfo"])("disconnects a peer that sends %s", async (command) => {
    const rude = await TestPeer.join(simnet);
    rude.sendRaw(command, new Uint8Array(10));
    await rude.closed();
  });

  it.each([
    ["inv", 50_000, 36],
    ["getdata", 50_000, 36],
    ["headers", 2_000, 81],
    ["addr", 1_000, 30],
  ])(
    "disconnects at the fifth %s of more than %i items, and at none of so many",
    async (command, most, size) => {
      const rude = await TestPeer.join(simnet);
      const send = (count: number) => {
        const payload = new Uint8Array(3 + count * size);
        payload.set([0xfd, count & 0xff, count >> 8]);
        rude.sendRaw(command, payload);
      };
      for (let i = 0; i < 5; i++) send(most);
      for (let i = 0; i < 4; i++) send(most + 1);
      await rude.fence();
      send(most + 1);
      await rude.closed();
    },
  );

  it("ignores bytes behind a request, and a request that is cut short", async () => {
    const polite = await TestPeer.join(simnet);
    const payload = new Uint8Array(64);
    payload.set(simnet.tip.hash, 32);
    polite.sendRaw("getmnlistd", payload.subarray(0, 63));
    expect(await polite.fence()).toEqual([]);
    polite.sendRaw("getmnlistd", Uint8Array.of(...payload, 9));
    expect((await polite.fence()).map(commandOf)).toEqual(["mnlistdiff"]);
    polite.close();
  });

  it("answers strictly in order", async () => {
    const hash = simnet.tip.hash;
    peer.send({
      command: "getqrinfo",
      payload: { baseBlockHashes: [], blockRequestHash: hash, extraShare: false },
    });
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: hash } });
    peer.send({ command: "ping", payload: 5n });
    peer.send({ command: "getheaders2", payload: { version: 1, locator: [hash], hashStop: ZERO } });
    expect((await peer.fence()).map(commandOf)).toEqual(["qrinfo", "mnlistdiff", "pong", "headers2"]);
  });

  it("waits for a peer that does not read, and answers all the same", async () => {
    const slow = await TestPeer.join(simnet);
    slow.read(false);
    const count = 400;
    for (let i = 0; i < count; i++) {
      slow.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash } });
    }
    // Another peer is served meanwhile.
    expect(await peer.fence()).toEqual([]);
    slow.read(true);
    expect((await slow.fence()).map(commandOf)).toEqual(Array.from({ length: count }, () => "mnlistdiff"));
    slow.close();
  });
});
