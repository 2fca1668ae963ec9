import { describe, expect, it, onTestFinished, vi } from "vitest";
import { networkParams } from "../../worker/params/index.ts";
import { createPeerSource, type PeerSourceOptions, shuffle } from "../peers.ts";

const MAINNET = networkParams("mainnet");
const TESTNET = networkParams("testnet");
const REGTEST = networkParams("regtest");

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function startSource(options: Partial<PeerSourceOptions>) {
  const lines: string[] = [];
  const source = createPeerSource({
    params: TESTNET,
    nodes: [],
    resolve: async () => [],
    random: seeded(1),
    log: (line) => lines.push(line),
    ...options,
  });
  onTestFinished(source.close);
  return { source, lines };
}

async function fail(): Promise<never> {
  throw new Error("queryA ENOTFOUND");
}

describe("the list of peers", () => {
  it("has named nodes first, then DNS, then fixed seeds, each once", async () => {
    const nodes = ["10.0.0.1:5000", "node.example:19999"];
    const [known = ""] = TESTNET.fixedSeeds;
    const resolve = async () => ["8.8.8.8", "2606:4700:0::1111", known.split(":")[0] ?? ""];
    const { source } = startSource({ nodes, resolve });
    const peers = await source.peers();
    expect(peers.slice(0, 2)).toEqual(nodes);
    expect(peers.slice(2, 5).sort()).toEqual(["8.8.8.8:19999", "[2606:4700::1111]:19999", known].sort());
    expect(peers.slice(5).sort()).toEqual(TESTNET.fixedSeeds.filter((seed) => seed !== known).sort());
  });

  it.each([
    [MAINNET, ["x1.dnsseed.dash.org"]],
    [TESTNET, ["x9.testnet-seed.dashdot.io"]],
    [REGTEST, []],
  ])("asks the seeds of $name by service bits", async (params, expected) => {
    const asked: string[] = [];
    const resolve = async (hostName: string) => {
      asked.push(hostName);
      return ["8.8.8.8"];
    };
    const { source } = startSource({ params, resolve });
    await source.peers();
    expect(asked).toEqual(expected);
  });

  it("leaves out what the relay would refuse, whatever a seed says", async () => {
    const resolve = async () => ["127.0.0.1", "10.0.0.1", "::1", "fe80::1", "nonsense", "", "8.8.4.4"];
    const { source } = startSource({ resolve });
    expect((await source.peers()).filter((peer) => !TESTNET.fixedSeeds.includes(peer))).toEqual([
      "8.8.4.4:19999",
    ]);
  });

  it("falls back to fixed seeds, says so once, and again after a success", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let answer: () => Promise<readonly string[]> = fail;
    const { source, lines } = startSource({ resolve: () => answer(), refreshMs: 1000 });
    expect([...(await source.peers())].sort()).toEqual([...TESTNET.fixedSeeds].sort());
    await vi.advanceTimersByTimeAsync(3000);
    expect(lines).toEqual(["DNS seed x9.testnet-seed.dashdot.io: queryA ENOTFOUND"]);
    answer = async () => ["8.8.8.8"];
    await vi.advanceTimersByTimeAsync(1000);
    expect((await source.peers())[0]).toBe("8.8.8.8:19999");
    answer = fail;
    await vi.advanceTimersByTimeAsync(2000);
    expect((await source.peers())[0]).toBe("8.8.8.8:19999"); // an old answer is better than none
    expect(lines).toHaveLength(2);
  });

  it("does not wait long for a DNS that does not answer", async () => {
    const { source } = startSource({ resolve: () => new Promise(() => {}), firstAnswerMs: 10 });
    expect(await source.peers()).toHaveLength(TESTNET.fixedSeeds.length);
  });

  it("asks no more once it is closed", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const resolve = vi.fn(async () => []);
    const { source } = startSource({ resolve, refreshMs: 1000 });
    source.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(resolve).toHaveBeenCalledTimes(1);
  });

  it("depends on nothing but its random source", async () => {
    const first = await startSource({ params: MAINNET, random: seeded(7) }).source.peers();
    const again = await startSource({ params: MAINNET, random: seeded(7) }).source.peers();
    const other = await startSource({ params: MAINNET, random: seeded(8) }).source.peers();
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect([...other].sort()).toEqual([...first].sort());
  });
});

describe("shuffle", () => {
  it("gives each order its turn", () => {
    const random = seeded(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffle(["a", "b", "c"], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150); // 5 sigma
  });
});
