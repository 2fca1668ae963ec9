import { readFile } from "node:fs/promises";
import { DashlightError } from "../worker/errors.ts";
import {
  type NetworkName,
  type NetworkParams,
  networkParams,
  paramsFromFile,
} from "../worker/params/index.ts";

export interface LoadedNetwork {
  readonly params: NetworkParams;
  /** The parsed file, for the page; undefined for a network that is built in. */
  readonly paramsFile: unknown;
}

/**
 * @param file - path of the parameter file, if there is one
 * @throws `params/invalid-file` for a file that cannot be read, is no JSON, breaks a rule or is another network's
 */
export async function loadNetwork(name: NetworkName, file: string | undefined): Promise<LoadedNetwork> {
  if (file === undefined) return { params: networkParams(name), paramsFile: undefined };
  const paramsFile = await readJson(file);
  const params = paramsFromFile(paramsFile);
  if (params.name !== name) {
    const reason = `the file is of ${params.name}, not of ${name}`;
    throw new DashlightError({ code: "params/invalid-file", field: "network", reason });
  }
  return { params, paramsFile };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DashlightError({ code: "params/invalid-file", field: file, reason }, { cause });
  }
}
