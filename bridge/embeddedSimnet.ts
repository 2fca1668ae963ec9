/**
 * The simnet that runs inside of the bridge: the one place where the bridge meets the block hash and BLS.
 */
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createBls } from "../worker/bls/index.ts";
import { loadX11 } from "../worker/node/loadX11.ts";
import { type NetworkParams, paramsFromFile } from "../worker/params/index.ts";
import { createSimnet, type Simnet } from "./simnet/network.ts";
import { type SimnetPreset, takesLong } from "./simnet/presets.ts";

/** Where the pasts of large simnets are kept. */
const CACHE_DIR = fileURLToPath(new URL("../.dashlight/simnet", import.meta.url));
/** First byte of a simnet's magic; each start has the others of its own, for each goes on in its own way. */
const MAGIC_PREFIX = "5d";

export interface EmbeddedSimnetOptions {
  readonly seed: number;
  readonly blockIntervalMs: number;
  /** Whose LLMQ table it is; the sizes may be others. */
  readonly preset: SimnetPreset;
  readonly masternodes: number;
  readonly blocks: number;
  readonly log: (line: string) => void;
}

export interface EmbeddedSimnet {
  readonly params: NetworkParams;
  /** For the page, which has no parameters of simnets. */
  readonly paramsFile: unknown;
  /** HOST:PORT of every node, on loopback. */
  readonly addresses: readonly string[];
  /** For those who make things happen in it. */
  readonly simnet: Simnet;
  readonly close: () => Promise<void>;
}

/** @returns a simnet whose history, the same for the same seed and size, goes on with a block of this moment */
export async function startEmbeddedSimnet(options: EmbeddedSimnetOptions): Promise<EmbeddedSimnet> {
  const [x11, bls] = await Promise.all([loadX11(), createBls()]);
  const simnet = await createSimnet({
    ...options,
    ...(takesLong(options) ? { cacheDir: CACHE_DIR } : {}),
    magic: MAGIC_PREFIX + randomBytes(3).toString("hex"),
    now: () => Date.now() / 1000,
    x11,
    bls,
  });
  await simnet.mine();
  const { params, addresses, close } = simnet;
  return { params: paramsFromFile(params), paramsFile: params, addresses, simnet, close };
}
