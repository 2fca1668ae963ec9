import { DashlightError } from "../errors.ts";
import { devnetParams } from "./devnet.ts";
import { MAINNET } from "./mainnet.ts";
import { REGTEST } from "./regtest.ts";
import { TESTNET } from "./testnet.ts";
import type { NetworkParams } from "./types.ts";

/**
 * @param name - `mainnet`, `testnet`, `devnet` or `regtest`; a simnet has no constants, only its file (`paramsFromFile`)
 * @param devnetName - for `devnet`: the nodes' `-devnet=` argument
 * @throws `params/unknown-network`
 */
export function networkParams(name: string, devnetName = ""): NetworkParams {
  switch (name) {
    case "mainnet":
      return MAINNET;
    case "testnet":
      return TESTNET;
    case "devnet":
      return devnetParams(devnetName);
    case "regtest":
      return REGTEST;
    default:
      throw new DashlightError({ code: "params/unknown-network", network: name });
  }
}

/**
 * The LLMQ types whose quorums a client must verify: those the network signs with, in the order ChainLocks,
 * InstantSend, Platform, EHF, each once. All others are carried for `merkleRootQuorums` only.
 */
export function neededLlmqTypes(params: NetworkParams): number[] {
  const { llmqTypeChainLocks, llmqTypeInstantSend, llmqTypePlatform, llmqTypeMnhf } = params;
  return [...new Set([llmqTypeChainLocks, llmqTypeInstantSend, llmqTypePlatform, llmqTypeMnhf])];
}
