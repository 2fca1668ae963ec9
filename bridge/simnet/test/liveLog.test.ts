import { expect, it, onTestFinished } from "vitest";
import type { BlockHash } from "../../../worker/wire/hashes.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const UNKNOWN = new Uint8Array(32).fill(7) as BlockHash;

it("has one line for every event", async () => {
  const lines: string[] = [];
  const taken = () => lines.splice(0);
  const simnet = await startSimnet({ blocks: 239, log: (line) => void lines.push(line) });
  onTestFinished(() => simnet.close());
  expect(taken()).toEqual([]);

  simnet.pay();
  expect(taken()).toEqual([
    expect.stringMatching(/^payment [0-9a-f]{8}, (locked|not locked: its quorum is missing)$/),
  ]);
  await simnet.mine();
  expect(taken()).toEqual([
    expect.stringMatching(/^block 240 [0-9a-f]{8}, \d+ transactions, a rotation cycle begins$/),
    expect.stringMatching(/^ChainLock 240 [0-9a-f]{8}$/),
  ]);
  await simnet.mine(18);
  expect(taken().filter((line) => / new quorums?/.test(line)).length).toBeGreaterThan(0);

  simnet.stopChainLocks(true);
  simnet.stopChainLocks(true);
  await simnet.mine(2);
  simnet.lockBlock(259);
  expect(taken()).toEqual([
    "ChainLocks stop",
    expect.stringMatching(/^block 259 /),
    expect.stringMatching(/^block 260 /),
    expect.stringMatching(/^ChainLock 259 [0-9a-f]{8}, 1 block late$/),
  ]);
  await simnet.reorg(1);
  expect(taken()).toEqual([
    expect.stringMatching(/^reorganisation above 259: 1 out, 2 in, tip 261 [0-9a-f]{8}$/),
  ]);
  await simnet.lockOtherBranch(2, 1);
  expect(taken()).toEqual([
    expect.stringMatching(/^reorganisation above 259: 2 out, 1 in, tip 260 [0-9a-f]{8}$/),
    expect.stringMatching(/^ChainLock 260 [0-9a-f]{8}$/),
  ]);
  simnet.stopChainLocks(false);
  simnet.hurt(1, { relay: false });
  simnet.hurt(1, undefined);
  expect(taken()).toEqual(["ChainLocks go on", "node 1: hurt: relay", "node 1: healed"]);
});

it("names peers, what they do wrong and why they go", async () => {
  const lines: string[] = [];
  const simnet = await startSimnet({ blocks: 20, log: (line) => void lines.push(line) });
  onTestFinished(() => simnet.close());
  const peer = await TestPeer.join(simnet, 1);
  const [connected] = lines.splice(0);
  const name = connected?.match(/^node 1: (127\.0\.0\.1:\d+) connected$/)?.[1];
  expect(name).toBeDefined();
  peer.send({ command: "getmnlistd", payload: { baseBlockHash: UNKNOWN, blockHash: UNKNOWN } });
  peer.sendRaw("qrinfo", new Uint8Array());
  await peer.closed();
  expect(lines.splice(0)).toEqual([
    `node 1: ${name} misbehaves: no mnlistdiff for that (+1, score 1)`,
    `node 1: ${name} misbehaves: unsolicited qrinfo (+100, score 101)`,
    `node 1: ${name} disconnected: score 101`,
  ]);
  (await TestPeer.join(simnet)).close();
  while (lines.length < 2) await new Promise(setImmediate);
  expect(lines).toEqual([
    expect.stringMatching(/^node 0: 127\.0\.0\.1:\d+ connected$/),
    expect.stringMatching(/^node 0: 127\.0\.0\.1:\d+ disconnected: by the peer$/),
  ]);
});
