import { expect, it } from "vitest";
import { startEmbeddedSimnet } from "../embeddedSimnet.ts";

it("goes on from the seed's past with a block of this moment, in a network of its own", async () => {
  const options = { seed: 1, blockIntervalMs: 86_400_000, preset: "small", log: () => {} } as const;
  const start = () => startEmbeddedSimnet({ ...options, masternodes: 40, blocks: 30 });
  const before = Math.floor(Date.now() / 1000);
  const [first, second] = [await start(), await start()];
  await Promise.all([first.close(), second.close()]);
  const [chain, other] = [first.simnet.chain, second.simnet.chain];
  expect(other.hashAt(30)).toEqual(chain.hashAt(30));
  expect(second.params.magic).not.toEqual(first.params.magic);
  expect(chain.tipHeight).toBe(31);
  expect(chain.block(30).header.time).toBeLessThan(before);
  expect(chain.tip.header.time).toBeGreaterThanOrEqual(before);
  expect(chain.tip.header.time).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
});
