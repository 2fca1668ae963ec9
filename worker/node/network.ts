import { readFileSync } from "node:fs";
import { DashlightError } from "../errors.ts";
import { type NetworkName, type NetworkParams, networkParams, paramsFromFile } from "../params/index.ts";

const NETWORKS: readonly NetworkName[] = ["mainnet", "testnet", "devnet", "regtest", "simnet"];

/**
 * Parameters of a network by name, or from a file like the `params.json` of a regtest capture.
 * @throws `params/unknown-network`, `params/invalid-file`
 */
export function loadNetwork(name: string, paramsFile: string | undefined): NetworkParams {
  const network = NETWORKS.find((known) => known === name);
  if (network === undefined) throw new DashlightError({ code: "params/unknown-network", network: name });
  if (paramsFile === undefined) {
    if (network === "simnet") {
      throw new DashlightError({
        code: "params/invalid-file",
        field: "--params",
        reason: "simnet needs its file",
      });
    }
    return networkParams(network);
  }
  const params = paramsFromFile(readJson(paramsFile));
  if (params.name !== network) {
    const reason = `the file is of ${params.name}, not of ${network}`;
    throw new DashlightError({ code: "params/invalid-file", field: "network", reason });
  }
  return params;
}

/** @throws `params/invalid-file` for a file that cannot be read or is not JSON */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DashlightError({ code: "params/invalid-file", field: file, reason }, { cause });
  }
}
