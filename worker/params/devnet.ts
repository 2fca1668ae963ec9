import { llmqTable } from "./llmq.ts";
import { TEST_GENESIS, TEST_GENESIS_HEADER } from "./regtest.ts";
import type { NetworkParams } from "./types.ts";

/**
 * The base parameters of a devnet, without the options its nodes may override.
 * @param name - the nodes' `-devnet=` argument, `paloma` for `devnet-paloma`; empty for a nameless devnet
 * Source: Core 23.1.2 chainparams.cpp CDevNetParams; util/system.cpp GetDevNetName
 */
export function devnetParams(name: string): NetworkParams {
  return { ...BASE, devnetName: name === "" ? "devnet" : `devnet-${name}` };
}

const BASE: NetworkParams = {
  name: "devnet",
  magic: Uint8Array.of(0xe2, 0xca, 0xff, 0xce),
  defaultPort: 19799,
  genesisHeader: TEST_GENESIS_HEADER,
  genesisHash: TEST_GENESIS.hash,
  devnetName: "devnet",
  pow: {
    powLimit: 2n ** 255n - 1n,
    targetSpacingSeconds: 150,
    targetTimespanSeconds: 86400,
    allowMinDifficultyBlocks: true,
    noRetargeting: false,
    kgwHeight: 4001,
    dgwHeight: 4001,
    minDifficultyBlocks: 0,
    exactDifficultyHeight: 0,
  },
  activation: {
    bip34: 1,
    bip66: 1,
    bip65: 1,
    dip0003: 2,
    dip0008: 2,
    dip0024: 2,
    v19: 2,
    v20: 2,
    mnRr: 2,
  },
  minimumChainWork: 0n,
  checkpoints: [TEST_GENESIS],
  anchor: undefined,
  llmqs: llmqTable([1, 5, 2, 3, 4, 101, 105, 107]),
  llmqTypeChainLocks: 101,
  llmqTypeInstantSend: 105,
  llmqTypePlatform: 107,
  llmqTypeMnhf: 101,
  masternodeMinimumConfirmations: 1,
  skipRemovedBeforeV19: false,
  dnsSeeds: [],
  fixedSeeds: [],
};
