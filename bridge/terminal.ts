/**
 * Keys by which a person drives the embedded simnet from the terminal that runs it.
 */
import { spawnSync } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { NodeProfile } from "./simnet/faults/profile.ts";
import type { Simnet } from "./simnet/network.ts";

/** What a key does. */
export interface KeyAction {
  /** For the list of keys. */
  readonly does: string;
  /** @returns what happened, in one line */
  readonly run: () => string | Promise<string>;
}

const REORGANISATION_DEPTH = 2;
const CTRL_C = "\x03";
const ESCAPE = "\x1b";

/** What `h` does to a node, in this order, before it goes on to the next one. */
const AILMENTS: readonly { readonly is: string; readonly profile: NodeProfile | undefined }[] = [
  { is: "is silent: it answers pings and nothing else", profile: { messages: { lose: { share: 1 } } } },
  {
    is: "is slow: 2 s a message, 20 kB a second",
    profile: { line: { latencyMs: 2_000, bytesPerSecond: 20_000 } },
  },
  { is: "lies about masternode lists", profile: { lies: ["falseMerkleBranch"] } },
  { is: "is healthy again", profile: undefined },
];

/** @returns what each key does to that network */
export function simnetKeys(simnet: Simnet): ReadonlyMap<string, KeyAction> {
  let hasLocks = true;
  let hurts = 0;
  const actions: Readonly<Record<string, KeyAction>> = {
    m: { does: "mine a block", run: () => mine(simnet) },
    r: { does: "reorganise", run: () => reorganise(simnet) },
    l: {
      does: "stop or resume ChainLocks",
      run: () => {
        hasLocks = !hasLocks;
        return hasLocks ? resumeLocks(simnet) : stopLocks(simnet);
      },
    },
    p: { does: "pay", run: () => pay(simnet) },
    h: { does: "hurt a node or heal it", run: () => hurtNext(simnet, hurts++) },
  };
  return new Map(Object.entries(actions));
}

async function mine(simnet: Simnet): Promise<string> {
  await simnet.mine();
  const { transactions } = simnet.chain.tip;
  return `block ${simnet.tip.height} with ${transactions.length} transactions`;
}

async function reorganise(simnet: Simnet): Promise<string> {
  const depth = Math.min(REORGANISATION_DEPTH, simnet.tip.height - lockedHeight(simnet));
  if (depth === 0) return "no reorganisation: the newest block has a ChainLock; stop them with l, then mine";
  await simnet.reorg(depth);
  return `reorganisation: ${depth} out, ${depth + 1} in, the tip is block ${simnet.tip.height}`;
}

function stopLocks(simnet: Simnet): string {
  simnet.stopChainLocks(true);
  return `ChainLocks stop: block ${lockedHeight(simnet)} has the last one`;
}

function resumeLocks(simnet: Simnet): string {
  simnet.stopChainLocks(false);
  simnet.lockTip();
  return `ChainLocks go on: block ${lockedHeight(simnet)} has one`;
}

function pay(simnet: Simnet): string {
  simnet.pay();
  const { length } = simnet.chain.pending;
  return `a payment; ${length} wait${length === 1 ? "s" : ""} for the next block`;
}

function lockedHeight({ chain }: Simnet): number {
  return chain.bestChainLock?.height ?? 0;
}

function hurtNext(simnet: Simnet, hurts: number): string {
  const node = Math.floor(hurts / AILMENTS.length) % simnet.addresses.length;
  const ailment = AILMENTS[hurts % AILMENTS.length];
  simnet.hurt(node, ailment?.profile);
  return `node ${node} (${simnet.addresses[node]}) ${ailment?.is}`;
}

export interface KeyboardOptions {
  /** A terminal that can be put into raw mode, or any stream of characters. */
  readonly input: Readable & { setRawMode?(isRaw: boolean): unknown };
  readonly output: Writable;
  readonly keys: ReadonlyMap<string, KeyAction>;
}

export interface Keyboard {
  /** Resolves when q or ctrl-C is pressed. */
  readonly quit: Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

/** Acts on single keys, one after the other; others do nothing. Says first which ones there are, and again for `?`. */
export function listenToKeys({ input, output, keys }: KeyboardOptions): Keyboard {
  const print = (line: string) => output.write(`${line}\n`);
  const help = [...keys].map(([key, { does }]) => `${key} ${does}`).join(", ");
  const printHelp = () => print(`Keys: ${help}, ? list them, q quit`);
  let quit = () => {};
  const hasQuit = new Promise<void>((resolve) => {
    quit = resolve;
  });
  let last = Promise.resolve();
  const press = async (key: string): Promise<void> => {
    if (key === "q" || key === CTRL_C) quit();
    else if (key === "?") printHelp();
    else {
      const line = await tryKey(key, keys.get(key));
      if (line !== undefined) print(line);
    }
  };
  const onData = (chunk: Buffer) => {
    const text = chunk.toString();
    // Arrows and the like are an escape and letters behind it.
    if (text.startsWith(ESCAPE)) return;
    for (const key of text) last = last.then(() => press(key));
  };
  printHelp();
  input.setRawMode?.(true);
  input.on("data", onData);
  return {
    quit: hasQuit,
    close: () => {
      input.off("data", onData);
      input.setRawMode?.(false);
      input.pause();
    },
  };
}

/** @returns what happened, in one line, also where it went wrong: the network goes on, and so do its keys */
async function tryKey(key: string, action: KeyAction | undefined): Promise<string | undefined> {
  try {
    return await action?.run();
  } catch (error) {
    const [firstLine] = (error instanceof Error ? error.message : String(error)).split("\n");
    return `${key} failed: ${firstLine}`;
  }
}

/** Whether the terminal is ours to read: a job in the background is stopped by its shell as soon as it tries. */
export function isInForeground(): boolean {
  const { error, stdout } = spawnSync("ps", ["-o", "stat=", "-p", `${process.pid}`], { encoding: "utf8" });
  // Where there is no ps, there is hardly a shell with jobs.
  return error !== undefined || stdout.includes("+");
}
