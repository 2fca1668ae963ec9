import { MAINNET_CHECKPOINTS } from "./checkpoints.ts";
import { encodeGenesisHeader, GENESIS_MERKLE_ROOT } from "./genesis.ts";
import { llmqTable } from "./llmq.ts";
import { MAINNET_DNS_SEEDS, MAINNET_FIXED_SEEDS } from "./seeds.ts";
import type { NetworkParams } from "./types.ts";

/** Source: Core 23.1.2 chainparams.cpp CMainParams */
export const MAINNET: NetworkParams = {
  name: "mainnet",
  magic: Uint8Array.of(0xbf, 0x0c, 0x6b, 0xbd),
  defaultPort: 9999,
  genesisHeader: encodeGenesisHeader({
    version: 1,
    merkleRoot: GENESIS_MERKLE_ROOT,
    time: 1390095618,
    bits: 0x1e0ffff0,
    nonce: 28917698,
  }),
  genesisHash: "00000ffd590b1485b3caadc19b22e6379c733355108f107a430458cdf3407ab6",
  devnetName: undefined,
  pow: {
    powLimit: 2n ** 236n - 1n,
    targetSpacingSeconds: 150,
    targetTimespanSeconds: 86400,
    allowMinDifficultyBlocks: false,
    noRetargeting: false,
    kgwHeight: 15200,
    dgwHeight: 34140,
    minDifficultyBlocks: 0,
    exactDifficultyHeight: 68590, // validation.cpp ContextualCheckBlockHeader
  },
  activation: {
    bip34: 951,
    bip66: 245817,
    bip65: 619382,
    dip0003: 1028160,
    dip0008: 1088640,
    dip0024: 1737792,
    v19: 1899072,
    v20: 1987776,
    mnRr: 2128896,
  },
  minimumChainWork: 0xb567e2d53a06de194061n, // height 2429859
  checkpoints: MAINNET_CHECKPOINTS,
  anchor: {
    // defaultAssumeValid
    block: {
      height: 2429859,
      hash: "00000000000000018fb7d55a2d7ab5f3d1369cf0d7eef25db727bf8c9ca7d4b2",
    },
    chainWork: 0xb567e2d53a06de194061n,
    headersFrom: {
      height: 2421800,
      hash: "000000000000000718ed026ebd644a8b70b42d4cbd7b25304c066c9bf15f85b7",
    },
  },
  llmqs: llmqTable([1, 5, 2, 3, 4]),
  llmqTypeChainLocks: 2,
  llmqTypeInstantSend: 5,
  llmqTypePlatform: 4,
  llmqTypeMnhf: 3,
  masternodeMinimumConfirmations: 15,
  skipRemovedBeforeV19: false,
  dnsSeeds: MAINNET_DNS_SEEDS,
  fixedSeeds: MAINNET_FIXED_SEEDS,
};
