import { encodeGenesisHeader, GENESIS_MERKLE_ROOT } from "./genesis.ts";
import { llmqTable } from "./llmq.ts";
import type { KnownBlock, NetworkParams } from "./types.ts";

/** Devnets and regtest share their genesis block. */
export const TEST_GENESIS_HEADER: Uint8Array = encodeGenesisHeader({
  version: 1,
  merkleRoot: GENESIS_MERKLE_ROOT,
  time: 1417713337,
  bits: 0x207fffff,
  nonce: 1096447,
});
export const TEST_GENESIS: KnownBlock = {
  height: 0,
  hash: "000008ca1832a4baf228eb1553c03d3a2c8e02399550dd6ea8d65cec3ef23d2e",
};

/**
 * The defaults of a node started with `-regtest` alone. Test frameworks override activation heights and LLMQ
 * sizes; such a network comes with a file for `paramsFromFile`.
 * Source: Core 23.1.2 chainparams.cpp CRegTestParams
 */
export const REGTEST: NetworkParams = {
  name: "regtest",
  magic: Uint8Array.of(0xfc, 0xc1, 0xb7, 0xdc),
  defaultPort: 19899,
  genesisHeader: TEST_GENESIS_HEADER,
  genesisHash: TEST_GENESIS.hash,
  devnetName: undefined,
  pow: {
    powLimit: 2n ** 255n - 1n,
    targetSpacingSeconds: 150,
    targetTimespanSeconds: 86400,
    allowMinDifficultyBlocks: true,
    noRetargeting: true,
    kgwHeight: 15200,
    dgwHeight: 34140,
    minDifficultyBlocks: 0,
    exactDifficultyHeight: 0,
  },
  activation: {
    bip34: 1,
    bip66: 1,
    bip65: 1,
    dip0003: 432,
    dip0008: 1,
    dip0024: 1,
    v19: 1,
    v20: 432,
    mnRr: 432,
  },
  minimumChainWork: 0n,
  checkpoints: [TEST_GENESIS],
  anchor: undefined,
  llmqs: llmqTable([100, 104, 102, 103, 106]),
  llmqTypeChainLocks: 100,
  llmqTypeInstantSend: 103,
  llmqTypePlatform: 106,
  llmqTypeMnhf: 100,
  masternodeMinimumConfirmations: 1,
  skipRemovedBeforeV19: false,
  dnsSeeds: [],
  fixedSeeds: [],
};
