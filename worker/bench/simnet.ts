import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BenchRow, makeRow } from "./measure.ts";

const OPENER = fileURLToPath(new URL("openSimnet.ts", import.meta.url));

interface Opened {
  /** From the start of the process until the network was ready. */
  readonly seconds: number;
  /** The most memory that the process had. */
  readonly megabytes: number;
}

async function open(...args: readonly string[]): Promise<Opened> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", OPENER, ...args]);
  return JSON.parse(stdout) as Opened;
}

/** How long simulated networks take to be ready, and their memory. */
export async function benchSimnet(): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "dashlight-bench-"));
  try {
    const small = await open("small");
    const made = await open("mainnet", dir);
    const opened = await open("mainnet", dir);
    return [
      row("simnet, small, from nothing", small.seconds, "s", 3),
      row("simnet, mainnet's size, from nothing", made.seconds, "s", 60),
      row("simnet, mainnet's size, from its file", opened.seconds, "s", 3),
      row("simnet, mainnet's size, most memory", Math.max(made.megabytes, opened.megabytes), "MB", 1000),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function row(what: string, ours: number, unit: string, figure: number): BenchRow {
  return makeRow({ what, ours, unit, isHigherBetter: false, budget: { relation: "<=", figure } });
}
