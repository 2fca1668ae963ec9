import { expect, it, onTestFinished } from "vitest";
import type { Simnet, SimnetOptions } from "../network.ts";
import { START_TIME_SECONDS, startSimnet, TestPeer } from "./testPeer.ts";

const LONG_AFTER_SECONDS = START_TIME_SECONDS + 30 * 86_400;
const THREE_HOURS = 3 * 3_600;

async function start(options: Partial<SimnetOptions>): Promise<Simnet> {
  const simnet = await startSimnet({ blocks: 20, ...options });
  onTestFinished(() => simnet.close());
  return simnet;
}

/** What a node tells a new peer. */
async function toldTime(simnet: Simnet): Promise<number> {
  const peer = await TestPeer.connect(simnet);
  peer.sendVersion();
  const { time } = await peer.next("version");
  peer.close();
  return Number(time);
}

function lastTimes(simnet: Simnet, count: number): number[] {
  const { chain, tip } = simnet;
  return Array.from({ length: count }, (_, i) => chain.block(tip.height - count + 1 + i).header.time);
}

it("goes on with the blocks alone by default, also where they are replaced", async () => {
  const simnet = await start({});
  simnet.stopChainLocks(true);
  expect(await toldTime(simnet)).toBe(START_TIME_SECONDS);
  await simnet.mine(2);
  expect(lastTimes(simnet, 3)).toEqual([0, 1, 2].map((seconds) => START_TIME_SECONDS + seconds));
  await simnet.reorg(1);
  expect(lastTimes(simnet, 3)).toEqual([1, 3, 4].map((seconds) => START_TIME_SECONDS + seconds));
  expect(await toldTime(simnet)).toBe(START_TIME_SECONDS + 4);
});

it("follows the pace of the blocks where one is set", async () => {
  const simnet = await start({ blockIntervalMs: 40_000 });
  await simnet.mine(2);
  expect(lastTimes(simnet, 2)).toEqual([START_TIME_SECONDS + 40, START_TIME_SECONDS + 80]);
});

it("is now after a history that ended long ago, and no block is as old as the median of those before", async () => {
  const simnet = await start({ now: () => LONG_AFTER_SECONDS + 0.9 });
  expect(await toldTime(simnet)).toBe(LONG_AFTER_SECONDS);
  expect(simnet.chain.tip.header.time).toBe(START_TIME_SECONDS);
  await simnet.mine(14);
  const times = lastTimes(simnet, 14);
  expect(times.slice(0, 6)).toEqual(Array(6).fill(LONG_AFTER_SECONDS));
  for (let i = 11; i < times.length; i++) {
    const median = times.slice(i - 11, i).sort((a, b) => a - b)[5];
    expect(times[i]).toBe(Math.max(LONG_AFTER_SECONDS, (median ?? 0) + 1));
  }
  expect(times.at(-1)).toBeGreaterThan(LONG_AFTER_SECONDS);
});

it("is off by as much as asked, from the start or later", async () => {
  const now = () => LONG_AFTER_SECONDS;
  const simnet = await start({ now, clockOffsetSeconds: THREE_HOURS });
  expect(await toldTime(simnet)).toBe(LONG_AFTER_SECONDS + THREE_HOURS);
  await simnet.mine();
  simnet.setClockOffset(-THREE_HOURS);
  expect(await toldTime(simnet)).toBe(LONG_AFTER_SECONDS - THREE_HOURS);
  await simnet.mine();
  expect(lastTimes(simnet, 2)).toEqual([LONG_AFTER_SECONDS + THREE_HOURS, LONG_AFTER_SECONDS - THREE_HOURS]);
});
