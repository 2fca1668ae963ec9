import { describe, expect, it } from "vitest";
import { startSimnet } from "./testPeer.ts";

describe("a fork of the chain", async () => {
  const simnet = await startSimnet({ blocks: 90 });
  await simnet.close();
  const { chain } = simnet;

  it("shares blocks up to its height and goes on alone", () => {
    const fork = chain.fork(85, "a");
    expect(fork.tip).toBe(chain.block(85));
    const own = [fork.mine(1), fork.mine(1)];
    expect(fork.tipHeight).toBe(87);
    expect(own[0]?.header.prevBlockHash).toEqual(chain.hashAt(85));
    expect(own[0]?.hash).not.toEqual(chain.hashAt(86));
    expect(chain.heightOf(own[0]?.hash ?? chain.tip.hash)).toBeUndefined();
    expect(chain.tipHeight).toBe(90);
    expect(fork.heightOf(chain.hashAt(86))).toBeUndefined();
  });

  it("has other blocks than a fork with another label, and the same with the same", () => {
    const hashOf = (label: string) => chain.fork(85, label).mine(1).hash;
    expect(hashOf("a")).toEqual(hashOf("a"));
    expect(hashOf("a")).not.toEqual(hashOf("b"));
  });

  it("knows the ChainLock that its tip's miner knew", () => {
    const tipLock = chain.fork(90, "a").bestChainLock;
    expect(tipLock?.height).toBeLessThan(90);
    expect(tipLock?.blockHash).toEqual(chain.hashAt(tipLock?.height ?? -1));
    expect(tipLock?.sig).toEqual(chain.tip.cbTx?.chainLock?.bestCLSignature);
  });

  it("refuses a height that is not there", () => {
    expect(() => chain.fork(91, "a")).toThrow(RangeError);
  });
});
