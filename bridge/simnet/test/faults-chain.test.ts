import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadX11 } from "../../../worker/node/loadX11.ts";
import { type BlockHash, equalBytes, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import { readHeaders } from "../../../worker/wire/headers.ts";
import { InvType } from "../../../worker/wire/inventory.ts";
import type { NodeProfile } from "../faults/profile.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = ZERO_HASH as BlockHash;

let simnet: Simnet;
let peer: TestPeer;
beforeEach(async () => {
  simnet = await startSimnet({ blocks: 90 });
});
afterEach(async () => {
  peer.close();
  await simnet.close();
});

async function joinHurt(profile: NodeProfile): Promise<void> {
  simnet.hurt(0, profile);
  peer = await TestPeer.join(simnet);
}

/** Hashes that the node gives as those above a block of the network. */
async function hashesAbove(height: number): Promise<BlockHash[]> {
  const x11 = await loadX11();
  const payload = { version: 1, locator: [simnet.chain.hashAt(height)], hashStop: ZERO };
  peer.send({ command: "getheaders", payload });
  const headers = await peer.next("headers");
  return Array.from({ length: headers.length / 80 }, (_, i) =>
    x11.hash(headers.subarray(i * 80, (i + 1) * 80)),
  ) as BlockHash[];
}

describe("a node whose tip is stale", () => {
  it("stands still, knows nothing above, and says so", async () => {
    await joinHurt({ chain: { kind: "stale", depth: 5 } });
    expect(await hashesAbove(80)).toEqual([81, 82, 83, 84, 85].map((height) => simnet.chain.hashAt(height)));
    await simnet.mine(2);
    simnet.pay();
    expect(await peer.fence()).toEqual([]);
    const payload = { baseBlockHash: ZERO, blockHash: simnet.chain.hashAt(86) };
    peer.send({ command: "getmnlistd", payload });
    expect(await peer.fence()).toEqual([]);
    const other = await TestPeer.connect(simnet);
    other.sendVersion();
    expect((await other.next("version")).startHeight).toBe(85);
    other.close();
  });

  it("catches up when it is healed", async () => {
    await joinHurt({ chain: { kind: "stale", depth: 2 } });
    peer.send({ command: "sendheaders", payload: undefined });
    expect(await hashesAbove(87)).toHaveLength(1);
    simnet.hurt(0, undefined);
    const headers = readHeaders(await peer.next("headers"));
    expect(headers.at(-1)).toEqual(simnet.chain.tip.header);
    expect(headers).toHaveLength(2);
    expect((await peer.next("inv"))[0]?.type).toBe(InvType.clSig);
    await simnet.mine();
    await peer.next("headers");
  });
});

describe("a node on a fork of its own", () => {
  it("has fewer blocks than the network, and no ChainLock for them", async () => {
    await joinHurt({ chain: { kind: "fork", depth: 6, blocks: 4 } });
    const hashes = await hashesAbove(80);
    expect(hashes).toHaveLength(8);
    const known = hashes.map((hash) => simnet.chain.heightOf(hash));
    expect(known).toEqual([81, 82, 83, 84, undefined, undefined, undefined, undefined]);
    const own = simnet.nodes[0]?.chain;
    expect(own?.tipHeight).toBe(88);
    expect(own?.bestChainLock?.height ?? 0).toBeLessThanOrEqual(84);
    const payload = { baseBlockHash: ZERO, blockHash: hashes[7] ?? ZERO };
    peer.send({ command: "getmnlistd", payload });
    expect((await peer.next("mnlistdiff")).blockHash).toEqual(hashes[7]);
  });

  it("has the same one in every run, and another than other nodes", async () => {
    const chain = { kind: "fork", depth: 6, blocks: 4 } as const;
    await joinHurt({ chain });
    simnet.hurt(1, { chain });
    const again = await startSimnet({ blocks: 90, profiles: [{ chain }] });
    const tipOf = (network: Simnet, node: number) => network.nodes[node]?.chain.tip.hash;
    expect(tipOf(again, 0)).toEqual(tipOf(simnet, 0));
    expect(tipOf(simnet, 1)).not.toEqual(tipOf(simnet, 0));
    await again.close();
  });

  it("announces it, and the network's blocks when it is healed", async () => {
    peer = await TestPeer.join(simnet);
    await peer.fence();
    simnet.hurt(0, { chain: { kind: "fork", depth: 3, blocks: 2 } });
    expect(await peer.next("inv")).toEqual([{ type: InvType.block, hash: simnet.nodes[0]?.chain.tip.hash }]);
    simnet.hurt(0, undefined);
    expect(await peer.next("inv")).toEqual([{ type: InvType.block, hash: simnet.tip.hash }]);
  });

  it("keeps it while another part of the profile changes", async () => {
    const chain = { kind: "fork", depth: 3, blocks: 1 } as const;
    await joinHurt({ chain });
    await peer.fence();
    await simnet.mine(3);
    simnet.hurt(0, { chain, line: { latencyMs: 1 } });
    expect(simnet.nodes[0]?.chain.tipHeight).toBe(88);
    expect(await peer.fence()).toEqual([]);
  });

  it("cannot have as many blocks as the network", async () => {
    await joinHurt({});
    expect(() => simnet.hurt(0, { chain: { kind: "fork", depth: 3, blocks: 3 } })).toThrow(RangeError);
  });
});

describe("header spam", () => {
  const headerSpam = { forks: 12, length: 3, answers: true };

  it("is of valid headers on many low forks", async () => {
    const x11 = await loadX11();
    await joinHurt({ headerSpam });
    const forks = (await peer.fence()).flatMap((message) =>
      message.command === "headers" ? [message.payload] : [],
    );
    expect(forks).toHaveLength(12);
    for (const fork of forks) {
      const [first, ...rest] = readHeaders(fork);
      const height = simnet.chain.heightOf(first?.prevBlockHash ?? ZERO);
      expect(height).toBeLessThanOrEqual(45);
      expect(rest).toHaveLength(2);
      const ids = [0, 1, 2].map((i) => x11.hash(fork.subarray(i * 80, (i + 1) * 80)));
      expect(rest.map(({ prevBlockHash }) => prevBlockHash)).toEqual(ids.slice(0, 2));
      for (const id of ids) expect(id[31]).toBeLessThan(0x80);
      expect(ids.some((id) => simnet.chain.heightOf(id as BlockHash) !== undefined)).toBe(false);
    }
    expect(new Set(forks.map((fork) => readHeaders(fork)[0]?.prevBlockHash.join())).size).toBeGreaterThan(4);
  });

  it("can be all the headers a node gives, and is the same in every run", async () => {
    await joinHurt({ headerSpam });
    await peer.fence();
    const hashes = await hashesAbove(40);
    expect(hashes).toHaveLength(3);
    expect(hashes.every((hash) => simnet.chain.heightOf(hash) === undefined)).toBe(true);
    const first = simnet;
    peer.close();
    simnet = await startSimnet({ blocks: 90, profiles: [{ headerSpam }] });
    peer = await TestPeer.join(simnet);
    await peer.fence();
    expect(await hashesAbove(40)).toEqual(hashes);
    await first.close();
  });

  it("can begin at genesis, and never end", async () => {
    await joinHurt({ headerSpam: { ...headerSpam, forks: 0, fromGenesis: true, isEndless: true } });
    const spam = [];
    for (let i = 0; i < 3; i++) {
      await hashesAbove(40);
      spam.push(...(await peer.fence()));
    }
    const forks = spam.flatMap((message) => (message.command === "headers" ? [message.payload] : []));
    expect(forks.length).toBeGreaterThanOrEqual(6);
    expect(new Set(forks.map((fork) => fork.join())).size).toBe(forks.length);
    const trunks = forks.map((fork) => readHeaders(fork)[0]?.prevBlockHash);
    expect(trunks.every((trunk) => trunk && simnet.chain.heightOf(trunk) === 0)).toBe(true);
  });
});

describe("unsolicited messages", () => {
  it("come after the handshake, and before a share of the answers", async () => {
    await simnet.close();
    simnet = await startSimnet({ blocks: 250 });
    const commands = ["mnlistdiff", "qrinfo", "headers", "clsig"] as const;
    await joinHurt({ unsolicited: { commands, share: 1 } });
    expect((await peer.fence()).map(({ command }) => command)).toEqual(commands);
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash } });
    const came = await peer.fence();
    expect(came.map(({ command }) => command)).toEqual([...commands, "mnlistdiff"]);
    const [unasked] = came;
    expect(unasked?.command === "mnlistdiff" && equalBytes(unasked.payload.blockHash, simnet.tip.hash)).toBe(
      false,
    );
  });

  it("come once without a share", async () => {
    await joinHurt({ unsolicited: { commands: ["headers"] } });
    expect(await peer.fence()).toHaveLength(1);
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash } });
    expect(await peer.fence()).toHaveLength(1);
  });
});

describe("kinds of nodes", () => {
  it("an older one says so and speaks the older encoding", async () => {
    simnet.hurt(0, { protocolVersion: 70229 });
    peer = await TestPeer.connect(simnet);
    peer.sendVersion();
    expect((await peer.next("version")).protocolVersion).toBe(70229);
    peer.send({ command: "verack", payload: undefined });
    await peer.next("ping");
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash } });
    const diff = await peer.next("mnlistdiff");
    expect(diff.newQuorums.length).toBeGreaterThan(0);
    expect(diff.quorumsCLSigs).toEqual([]);
    expect(peer.problems).toEqual([]);
  });

  it("a blocks-only one says so, relays no payments, and hangs up on a getqrinfo", async () => {
    simnet.hurt(0, { relay: false });
    peer = await TestPeer.connect(simnet);
    peer.sendVersion();
    expect((await peer.next("version")).relay).toBe(false);
    peer.send({ command: "verack", payload: undefined });
    await peer.next("ping");
    await peer.fence();
    simnet.pay();
    expect(await peer.fence()).toEqual([]);
    peer.send({ command: "mempool", payload: undefined });
    expect((await peer.next("inv")).map(({ type }) => type)).toEqual([InvType.clSig]);
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash } });
    await peer.next("mnlistdiff");
    const payload = { baseBlockHashes: [], blockRequestHash: simnet.tip.hash, extraShare: false };
    peer.send({ command: "getqrinfo", payload });
    await peer.closed();
  });
});
