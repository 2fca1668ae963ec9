/**
 * The simnet that runs inside of the bridge: the one place where the bridge meets the block hash and BLS.
 */
import { createBls } from "../worker/bls/index.ts";
import { loadX11 } from "../worker/node/loadX11.ts";
import { type NetworkParams, paramsFromFile } from "../worker/params/index.ts";
import { createSimnet, type Simnet } from "./simnet/network.ts";

export interface EmbeddedSimnetOptions {
  readonly seed: number;
  readonly blockIntervalMs: number;
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

/** @returns a simnet whose history ends now and goes on */
export async function startEmbeddedSimnet(options: EmbeddedSimnetOptions): Promise<EmbeddedSimnet> {
  const [x11, bls] = await Promise.all([loadX11(), createBls()]);
  const startTimeSeconds = Math.floor(Date.now() / 1000);
  const simnet = await createSimnet({ ...options, startTimeSeconds, now: () => Date.now() / 1000, x11, bls });
  const { params, addresses, close } = simnet;
  return { params: paramsFromFile(params), paramsFile: params, addresses, simnet, close };
}
