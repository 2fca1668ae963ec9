import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BlockHash, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import type { MessageFaults } from "../faults/profile.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = ZERO_HASH as BlockHash;

let simnet: Simnet;
let peer: TestPeer;
beforeAll(async () => {
  simnet = await startSimnet({ blocks: 60 });
});
afterEach(() => {
  peer.close();
  simnet.hurt(0, undefined);
});
afterAll(() => simnet.close());

async function joinThenHurt(messages: MessageFaults): Promise<void> {
  peer = await TestPeer.join(simnet);
  await peer.fence();
  simnet.hurt(0, { messages });
}

function askForList(height: number, from = peer): void {
  from.send({
    command: "getmnlistd",
    payload: { baseBlockHash: ZERO, blockHash: simnet.chain.hashAt(height) },
  });
}

/** @returns commands in the order they came, lists by their height */
function orderOf(messages: TestPeer["received"]): (string | number | undefined)[] {
  return messages.map((message) =>
    message.command === "mnlistdiff" ? simnet.chain.heightOf(message.payload.blockHash) : message.command,
  );
}

describe("messages that are lost", () => {
  it("are answers, never pongs", async () => {
    await joinThenHurt({ lose: { share: 1 } });
    askForList(60);
    expect(await peer.fence()).toEqual([]);
  });

  it("are of the named commands", async () => {
    await joinThenHurt({ lose: { share: 1, commands: ["headers"] } });
    askForList(60);
    const payload = { version: 1, locator: [simnet.chain.hashAt(0)], hashStop: ZERO };
    peer.send({ command: "getheaders", payload });
    peer.send({ command: "getheaders2", payload });
    expect((await peer.fence()).map(({ command }) => command)).toEqual(["mnlistdiff", "headers2"]);
  });

  it("can be pongs", async () => {
    await joinThenHurt({ lose: { share: 1, commands: ["pong"] } });
    peer.send({ command: "ping", payload: 5n });
    askForList(60);
    await peer.next("mnlistdiff");
    expect(peer.received).toEqual([]);
  });

  it("are a share of the requests that the seed names, and may come when asked for again", async () => {
    const heights = Array.from({ length: 40 }, (_, i) => 11 + i);
    const lostOf = async (seed: number, order: readonly number[], rounds: number) => {
      const profiles = [{ messages: { lose: { share: 0.5 } } }];
      const network = await startSimnet({ seed, blocks: 60, profiles });
      const client = await TestPeer.join(network);
      const lost: number[][] = [];
      for (let round = 0; round < rounds; round++) {
        for (const height of order) {
          const payload = { baseBlockHash: ZERO, blockHash: network.chain.hashAt(height) };
          client.send({ command: "getmnlistd", payload });
        }
        const came = (await client.fence()).map(
          (message) => message.command === "mnlistdiff" && network.chain.heightOf(message.payload.blockHash),
        );
        lost.push(heights.filter((height) => !came.includes(height)));
      }
      client.close();
      await network.close();
      return lost;
    };
    const [first, second] = await lostOf(1, heights, 2);
    expect(first?.length).toBeGreaterThan(8);
    expect(first?.length).toBeLessThan(32);
    expect(second).not.toEqual(first);
    expect(await lostOf(1, heights.toReversed(), 2)).toEqual([first, second]);
    expect(await lostOf(2, heights, 1)).not.toEqual([first]);
  });
});

describe("messages", () => {
  it("come twice", async () => {
    await joinThenHurt({ duplicate: { share: 1 } });
    askForList(60);
    expect(orderOf(await peer.fence())).toEqual([60, 60]);
  });

  it("come behind the pong that follows them", async () => {
    await joinThenHurt({ late: { share: 1 } });
    askForList(60);
    expect(await peer.fence()).toEqual([]);
    await peer.next("mnlistdiff");
  });

  it("change places, with the pongs between behind them", async () => {
    await joinThenHurt({ swap: { share: 1 } });
    askForList(50);
    peer.send({ command: "ping", payload: 5n });
    askForList(51);
    peer.send({ command: "ping", payload: 6n });
    askForList(52);
    askForList(53);
    expect(orderOf(await peer.fence())).toEqual([51, 50, "pong", "pong", 53, 52]);
  });

  it("come alone where no other follows", async () => {
    await joinThenHurt({ swap: { share: 1 } });
    askForList(50);
    expect(orderOf(await peer.fence())).toEqual([50]);
  });

  it("come in time where the line is fine for all others", async () => {
    await joinThenHurt({
      swap: { share: 0 },
      late: { share: 0 },
      duplicate: { share: 0 },
      lose: { share: 0 },
    });
    askForList(50);
    askForList(51);
    expect(orderOf(await peer.fence())).toEqual([50, 51]);
  });

  it("hold more items than they may", async () => {
    await joinThenHurt({ overlong: { share: 1 } });
    const payload = { version: 1, locator: [simnet.chain.hashAt(0)], hashStop: ZERO };
    peer.send({ command: "getheaders", payload });
    peer.send({ command: "getheaders2", payload });
    askForList(60);
    expect(orderOf(await peer.fence())).toEqual([60]);
    expect(peer.problems).toEqual(["wire/oversized", "wire/oversized"]);
    await simnet.mine();
    await peer.fence();
    expect(peer.problems.slice(2)).toContain("wire/oversized");
    expect(new Set(peer.problems).size).toBe(1);
  });
});
