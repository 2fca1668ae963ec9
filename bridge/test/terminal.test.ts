import { PassThrough } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Simnet } from "../simnet/network.ts";
import { startSimnet, TestPeer } from "../simnet/test/testPeer.ts";
import { type KeyAction, type Keyboard, listenToKeys, simnetKeys } from "../terminal.ts";

/** A terminal without a terminal. */
class Terminal {
  readonly modes: boolean[] = [];
  readonly keyboard: Keyboard;
  readonly #input = Object.assign(new PassThrough(), {
    setRawMode: (isRaw: boolean) => void this.modes.push(isRaw),
  });
  readonly #output = new PassThrough();
  readonly #lines: string[] = [];

  constructor(keys: ReadonlyMap<string, KeyAction>) {
    this.keyboard = listenToKeys({ input: this.#input, output: this.#output, keys });
  }

  type(text: string): void {
    this.#input.write(text);
  }

  /** @returns the next line printed */
  async line(): Promise<string> {
    while (this.#lines.length === 0) {
      const chunk = this.#output.read() as Buffer | null;
      if (chunk === null) await new Promise((resolve) => this.#output.once("readable", resolve));
      else this.#lines.push(...chunk.toString().trimEnd().split("\n"));
    }
    return this.#lines.shift() ?? "";
  }
}

function raise(message: string): never {
  throw new Error(message);
}

describe("the keyboard", () => {
  const presses: string[] = [];
  const keys = new Map(
    ["a", "b"].map((key) => [
      key,
      {
        does: `do ${key}`,
        run: async () => {
          presses.push(`${key} begins`);
          await new Promise(setImmediate);
          presses.push(`${key} ends`);
          return `did ${key}`;
        },
      },
    ]),
  );
  let terminal: Terminal;
  beforeEach(async () => {
    presses.length = 0;
    terminal = new Terminal(keys);
    onTestFinished(() => terminal.keyboard.close());
    expect(await terminal.line()).toBe("Keys: a do a, b do b, ? list them, q quit");
  });

  it("acts on keys one after the other, however they come, and not on others", async () => {
    terminal.type("axb");
    terminal.type("\x1b[a\r");
    terminal.type("?");
    expect([await terminal.line(), await terminal.line()]).toEqual(["did a", "did b"]);
    expect(await terminal.line()).toBe("Keys: a do a, b do b, ? list them, q quit");
    expect(presses).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it.each([
    ["q", "q"],
    ["ctrl-C", "\x03"],
  ])("%s quits, after what was pressed before", async (_, key) => {
    terminal.type(`a${key}`);
    await terminal.keyboard.quit;
    expect(await terminal.line()).toBe("did a");
  });

  it("says what went wrong with a key, and goes on", async () => {
    const failing = new Terminal(
      new Map<string, KeyAction>([
        ["t", { does: "throw", run: () => raise("at once\nand more") }],
        ["r", { does: "reject", run: async () => raise("later") }],
        ["a", { does: "act", run: () => "acted" }],
      ]),
    );
    onTestFinished(() => failing.keyboard.close());
    await failing.line();
    failing.type("tra");
    const lines = [await failing.line(), await failing.line(), await failing.line()];
    expect(lines).toEqual(["t failed: at once", "r failed: later", "acted"]);
    failing.type("q");
    await failing.keyboard.quit;
  });

  it("gives the terminal back", () => {
    expect(terminal.modes).toEqual([true]);
    terminal.keyboard.close();
    expect(terminal.modes).toEqual([true, false]);
    terminal.type("a");
    expect(presses).toEqual([]);
  });
});

describe("the simnet's keys", () => {
  let simnet: Simnet;
  let terminal: Terminal;
  const press = (key: string): Promise<string> => {
    terminal.type(key);
    return terminal.line();
  };
  beforeAll(async () => {
    simnet = await startSimnet({ blocks: 225 });
    terminal = new Terminal(simnetKeys(simnet));
    await terminal.line();
  });
  afterAll(async () => {
    terminal.keyboard.close();
    await simnet.close();
  });

  it("p pays, m mines it", async () => {
    expect(await press("p")).toBe("a payment; 1 waits for the next block");
    expect(await press("p")).toBe("a payment; 2 wait for the next block");
    const [payment] = simnet.chain.pending;
    expect(await press("m")).toMatch(/^block 226 with \d+ transactions$/);
    expect(simnet.chain.txidsAt(226)).toContainEqual(payment?.txid);
  });

  it("l stops and resumes ChainLocks, r goes as deep as they allow, two blocks at most", async () => {
    expect(await press("r")).toBe(
      "no reorganisation: the newest block has a ChainLock; stop them with l, then mine",
    );
    expect(await press("l")).toBe("ChainLocks stop: block 226 has the last one");
    await press("m");
    expect(await press("r")).toBe("reorganisation: 1 out, 2 in, the tip is block 228");
    await press("m");
    expect(await press("r")).toBe("reorganisation: 2 out, 3 in, the tip is block 230");
    expect(simnet.chain.bestChainLock?.height).toBe(226);
    expect(await press("l")).toBe("ChainLocks go on: block 230 has one");
    expect(simnet.chain.bestChainLock?.blockHash).toEqual(simnet.tip.hash);
  });

  it("h hurts one node after the other in several ways, and heals it", async () => {
    const [first, second] = [await TestPeer.join(simnet, 0), await TestPeer.join(simnet, 1)];
    onTestFinished(() => [first, second].forEach((peer) => void peer.close()));
    const blockHash = simnet.chain.hashAt(226);
    const ask = (peer: TestPeer) =>
      peer.send({ command: "getmnlistd", payload: { baseBlockHash: simnet.chain.hashAt(0), blockHash } });
    ask(second);
    const truth = await second.next("mnlistdiff");

    expect(await press("h")).toBe(
      `node 0 (${simnet.addresses[0]}) is silent: it answers pings and nothing else`,
    );
    ask(first);
    expect(await first.fence()).toEqual([]);
    expect(await press("h")).toMatch(/^node 0 .* is slow: 2 s a message/);
    const start = performance.now();
    expect(await first.fence()).toEqual([]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_999);
    expect(await press("h")).toMatch(/^node 0 .* lies/);
    ask(first);
    expect(await first.next("mnlistdiff")).not.toEqual(truth);
    expect(await press("h")).toMatch(/^node 0 .* is healthy again$/);
    ask(first);
    expect(await first.next("mnlistdiff")).toEqual(truth);

    expect(await press("h")).toMatch(/^node 1 .* is silent/);
    ask(second);
    expect(await second.fence()).toEqual([]);
    for (let i = 0; i < 3; i++) await press("h");
    expect(await press("h")).toMatch(/^node 0 .* is silent/);
  });
});
