import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../../worker/test/vectors.ts";
import { type BlockHash, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import { InvType } from "../../../worker/wire/inventory.ts";
import { commandOf, type Message } from "../../../worker/wire/message.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

type Counts = Readonly<Record<string, number>>;

/** What one client was told in 40 s, with a block every 5 s and a payment every third. */
interface RecordedClient {
  readonly client: string;
  readonly relay: boolean;
  readonly services: number;
  readonly proto: number;
  readonly sent: readonly string[];
  readonly handshakeMessages: readonly string[];
  readonly messagesIn40s: Counts;
  readonly invItems: Counts;
}

const ITEM_NAMES = new Map<number, string>([
  [InvType.tx, "tx"],
  [InvType.block, "block"],
  [InvType.clSig, "clsig"],
  [InvType.isdLock, "isdlock"],
]);
const BLOCKS_PER_PAYMENT = 3;
const FOLDER = "regtest/node-behaviour";

describe.runIf(hasVectors(FOLDER))("what the recorded node announced", () => {
  const clients = hasVectors(FOLDER)
    ? readVectorJson<{ clients: RecordedClient[] }>(`${FOLDER}/announcements.json`).clients
    : [];
  let simnet: Simnet;
  beforeAll(async () => {
    simnet = await startSimnet({ blocks: 225 });
  });
  afterAll(() => simnet.close());

  function wish(command: string, version: number): Message {
    if (command === "getheaders" || command === "getheaders2") {
      return { command, payload: { version, locator: [simnet.tip.hash], hashStop: ZERO_HASH as BlockHash } };
    }
    if (command === "sendheaders" || command === "sendheaders2") return { command, payload: undefined };
    return { command: "unknown", name: command, payload: Uint8Array.of(1) };
  }

  it.each(clients)("to a client that is $client", async (recorded) => {
    const { relay, services, proto, handshakeMessages } = recorded;
    const peer = await TestPeer.connect(simnet, 0, {
      relay,
      services: BigInt(services),
      protocolVersion: proto,
    });
    peer.sendVersion();
    peer.send({ command: "verack", payload: undefined });
    const handshake = (await peer.fence()).map(commandOf);
    // Some recordings end early, one has the first announcement in it.
    const expected = handshakeMessages.filter((command) => command !== "inv");
    expect(handshake.slice(0, expected.length)).toEqual(expected);

    for (const command of recorded.sent) peer.send(wish(command, proto));
    await peer.fence();
    for (let block = 0; block < (recorded.invItems.clsig ?? 0); block++) {
      if (block % BLOCKS_PER_PAYMENT === 0) simnet.pay();
      await simnet.mine();
    }
    const news = await peer.fence();
    peer.close();
    const items = news.flatMap((message) => (message.command === "inv" ? message.payload : []));
    const told = count(items.map(({ type }) => ITEM_NAMES.get(type) ?? `${type}`));
    expect(comparable(told)).toEqual(comparable(recorded.invItems));
    expect(comparable(count(news.map(commandOf)))).toEqual(comparable(recorded.messagesIn40s));
  });
});

function count(names: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Payments and their locks come in batches, and in time before or after 40 s: of them only whether they came counts. */
function comparable(counts: Counts): Record<string, number | "some"> {
  const inBatches = ["inv", "tx", "isdlock"];
  return Object.fromEntries(
    Object.entries(counts).map(([name, times]) => [name, inBatches.includes(name) ? "some" : times]),
  );
}
