import { TESTNET_CHECKPOINTS } from "./checkpoints.ts";
import { encodeGenesisHeader, GENESIS_MERKLE_ROOT } from "./genesis.ts";
import { llmqTable } from "./llmq.ts";
import { TESTNET_DNS_SEEDS, TESTNET_FIXED_SEEDS } from "./seeds.ts";
import type { NetworkParams } from "./types.ts";

/** Source: Core 23.1.2 chainparams.cpp CTestNetParams */
export const TESTNET: NetworkParams = {
  name: "testnet",
  magic: Uint8Array.of(0xce, 0xe2, 0xca, 0xff),
  defaultPort: 19999,
  genesisHeader: encodeGenesisHeader({
    version: 1,
    merkleRoot: GENESIS_MERKLE_ROOT,
    time: 1390666206,
    bits: 0x1e0ffff0,
    nonce: 3861367235,
  }),
  genesisHash: "00000bafbc94add76cb75e2ec92894837288a481e5c005f6563d91623bf8bc2c",
  devnetName: undefined,
  pow: {
    powLimit: 2n ** 236n - 1n,
    targetSpacingSeconds: 150,
    targetTimespanSeconds: 86400,
    allowMinDifficultyBlocks: true,
    noRetargeting: false,
    kgwHeight: 4002,
    dgwHeight: 4002,
    minDifficultyBlocks: 0,
    exactDifficultyHeight: 0,
  },
  activation: {
    bip34: 76,
    bip66: 2075,
    bip65: 2431,
    dip0003: 7000,
    dip0008: 78800,
    dip0024: 769700,
    v19: 850100,
    v20: 905100,
    mnRr: 1066900,
  },
  minimumChainWork: 0x036c8f738da818d2n, // height 1400000
  checkpoints: TESTNET_CHECKPOINTS,
  anchor: {
    // defaultAssumeValid
    block: {
      height: 1400000,
      hash: "000000541a23f9db7411cddbe50f9f1ebd4aa7108ebdcad62214753f648c0239",
    },
    chainWork: 0x036c8f738da818d2n,
    headersFrom: {
      height: 1380000,
      hash: "000000a98084beaf77ed26a905a7d59979009e23367a55b5d634962d7d65a1f9",
    },
  },
  llmqs: llmqTable([1, 5, 2, 3, 4, 6]),
  llmqTypeChainLocks: 1,
  llmqTypeInstantSend: 5,
  llmqTypePlatform: 6,
  llmqTypeMnhf: 1,
  masternodeMinimumConfirmations: 1,
  skipRemovedBeforeV19: true, // llmq/utils.cpp BuildNewQuorumQuarterMembers
  dnsSeeds: TESTNET_DNS_SEEDS,
  fixedSeeds: TESTNET_FIXED_SEEDS,
};
