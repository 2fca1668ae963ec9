import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BlockHash, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import type { FrameFaults } from "../faults/profile.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

let simnet: Simnet;
let peer: TestPeer;
beforeAll(async () => {
  simnet = await startSimnet({ blocks: 30 });
});
afterEach(() => {
  peer.close();
  simnet.hurt(0, undefined);
});
afterAll(() => simnet.close());

const ONE_KIND = { share: 1, commands: ["mnlistdiff"] } as const;

async function askThrough(frames: FrameFaults): Promise<void> {
  peer = await TestPeer.join(simnet);
  await peer.fence();
  simnet.hurt(0, { frames });
  const payload = { baseBlockHash: ZERO_HASH as BlockHash, blockHash: simnet.tip.hash };
  peer.send({ command: "getmnlistd", payload });
}

describe("a frame", () => {
  it("with a bad checksum is lost, and the connection goes on", async () => {
    await askThrough({ badChecksum: { share: 1 } });
    expect(await peer.fence()).toEqual([]);
    expect(peer.problems).toEqual(["wire/bad-checksum"]);
  });

  it.each<[string, FrameFaults, string]>([
    ["too long", { oversize: ONE_KIND }, "wire/oversized"],
    ["with another network's magic", { otherMagic: ONE_KIND }, "wire/bad-magic"],
    ["behind garbage", { garbage: ONE_KIND }, "wire/bad-magic"],
  ])("%s breaks the stream", async (_, frames, code) => {
    await askThrough(frames);
    await peer.until(() => peer.problems.length > 0);
    expect(peer.problems).toEqual([code]);
    expect(peer.received).toEqual([]);
  });

  it("of another kind is as ever", async () => {
    await askThrough({ badChecksum: { share: 1, commands: ["headers"] }, garbage: { share: 0 } });
    await peer.next("mnlistdiff");
    expect(peer.problems).toEqual([]);
  });
});
