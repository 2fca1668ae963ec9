import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../../worker/test/vectors.ts";
import { commandOf, type Message } from "../../../worker/wire/message.ts";
import { ServiceFlag } from "../../../worker/wire/version.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

let simnet: Simnet;
beforeAll(async () => {
  simnet = await startSimnet({ blocks: 20 });
});
afterAll(() => simnet.close());

const commands = (messages: readonly Message[]) => messages.map(commandOf);

interface RecordedHandshake {
  readonly ours: { readonly protocol: number; readonly services: number; readonly relay: boolean };
  readonly received: readonly { readonly message: string }[];
}

const FOLDER = "regtest/cycle-a";
describe.runIf(hasVectors(FOLDER))("recorded handshakes", () => {
  const recordings = hasVectors(FOLDER)
    ? readVectorJson<RecordedHandshake[]>(`${FOLDER}/handshake/handshakes.json`)
    : [];

  it.each(recordings)("answers $ours in the recorded order", async ({ ours, received }) => {
    const peer = await TestPeer.connect(simnet, 0, {
      protocolVersion: ours.protocol,
      services: BigInt(ours.services),
      relay: ours.relay,
    });
    peer.sendVersion();
    peer.send({ command: "verack", payload: undefined });
    expect(commands(await peer.fence())).toEqual(received.map(({ message }) => message));
    peer.close();
  });
});

describe("handshake", () => {
  it("says who it is", async () => {
    const peer = await TestPeer.connect(simnet);
    peer.sendVersion();
    const version = await peer.next("version");
    expect(version).toMatchObject({
      protocolVersion: 70240,
      startHeight: 20,
      relay: true,
      isMasternode: false,
    });
    expect(version.services & ServiceFlag.network).not.toBe(0n);
    expect(version.services & ServiceFlag.headersCompressed).not.toBe(0n);
    peer.close();
  });

  it("sends nothing before our version, and nothing that was asked before verack", async () => {
    const peer = await TestPeer.connect(simnet);
    peer.send({ command: "ping", payload: 1n });
    peer.sendVersion();
    peer.send({ command: "ping", payload: 2n });
    peer.send({ command: "verack", payload: undefined });
    expect(commands(await peer.fence())).toEqual([
      "version",
      "sendaddrv2",
      "verack",
      "sendheaders",
      "sendcmpct",
      "senddsq",
      "ping",
    ]);
    peer.close();
  });

  it.each([
    ["an obsolete version", { protocolVersion: 70220 }],
    ["a masternode's connection", { isMasternode: true }],
  ])("disconnects %s", async (_, version) => {
    const peer = await TestPeer.connect(simnet, 0, version);
    peer.sendVersion();
    await peer.closed();
    expect(peer.received).toEqual([]);
  });

  it("disconnects sendaddrv2 after verack", async () => {
    const peer = await TestPeer.join(simnet);
    peer.send({ command: "sendaddrv2", payload: undefined });
    await peer.closed();
  });

  it("disconnects another network's magic and an oversized payload, keeps a wrong checksum", async () => {
    const wrongMagic = await TestPeer.join(simnet);
    wrongMagic.sendBytes(new Uint8Array(24).fill(0xbf));
    await wrongMagic.closed();

    const header = new Uint8Array(24);
    header.set(simnet.chain.params.magic);
    header.set(new TextEncoder().encode("ping"), 4);
    const oversized = await TestPeer.join(simnet);
    new DataView(header.buffer).setUint32(16, 3 * 1024 * 1024 + 1, true);
    oversized.sendBytes(header);
    await oversized.closed();

    const wrongChecksum = await TestPeer.join(simnet);
    new DataView(header.buffer).setUint32(16, 0, true);
    wrongChecksum.sendBytes(header);
    expect(commands(await wrongChecksum.fence())).toEqual([]);
    wrongChecksum.close();
  });

  it("ignores commands it does not know, and a second version", async () => {
    const peer = await TestPeer.join(simnet);
    peer.sendRaw("foobar", Uint8Array.of(1, 2, 3));
    peer.sendVersion();
    expect(await peer.fence()).toEqual([]);
    peer.close();
  });
});
