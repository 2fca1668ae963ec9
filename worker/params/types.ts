import type { LlmqParams } from "./llmq.ts";

export type NetworkName = "mainnet" | "testnet" | "devnet" | "regtest" | "simnet";

/** A block that is known to be on the chain. Hash in display order. */
export interface KnownBlock {
  readonly height: number;
  readonly hash: string;
}

export interface PowParams {
  /** Highest target allowed. */
  readonly powLimit: bigint;
  readonly targetSpacingSeconds: number;
  /** The BTC-style rule retargets once in this time. */
  readonly targetTimespanSeconds: number;
  /** Test networks: a late block may have an easier target. */
  readonly allowMinDifficultyBlocks: boolean;
  /** Regtest: the target never changes. */
  readonly noRetargeting: boolean;
  /** Kimoto Gravity Well from here, the BTC-style rule below. */
  readonly kgwHeight: number;
  /** Dark Gravity Wave v3 from here. */
  readonly dgwHeight: number;
  /** Devnet option: all blocks below have the powLimit. */
  readonly minDifficultyBlocks: number;
  /** Below this height `bits` may differ from the required ones by half (mainnet's early history). */
  readonly exactDifficultyHeight: number;
}

/** Heights from which a rule holds for the block at that height. */
export interface ActivationHeights {
  readonly bip34: number;
  readonly bip66: number;
  readonly bip65: number;
  readonly dip0003: number;
  readonly dip0008: number;
  readonly dip0024: number;
  /** Basic BLS, Evo masternodes. */
  readonly v19: number;
  /** ChainLock signature in the coinbase, and in the quorum modifier. */
  readonly v20: number;
  /** Platform activation. */
  readonly mnRr: number;
}

export interface NetworkParams {
  readonly name: NetworkName;
  /** First 4 bytes of every message. */
  readonly magic: Uint8Array;
  readonly defaultPort: number;
  /** 80 bytes */
  readonly genesisHeader: Uint8Array;
  /** display order */
  readonly genesisHash: string;
  /** Devnets only: the name in block 1's coinbase and in the user agent, e.g. `devnet-paloma`. */
  readonly devnetName: string | undefined;
  readonly pow: PowParams;
  readonly activation: ActivationHeights;
  /** Chain work below which the client never calls itself synced. */
  readonly minimumChainWork: bigint;
  /** Ascending by height. */
  readonly checkpoints: readonly KnownBlock[];
  /** Where the header chain starts unless a start from genesis is asked for (`HeaderChain`). */
  readonly anchor: HeaderAnchor | undefined;
  /** Every configured type, also those that no longer form: all count in merkleRootQuorums. */
  readonly llmqs: ReadonlyMap<number, LlmqParams>;
  readonly llmqTypeChainLocks: number;
  readonly llmqTypeInstantSend: number;
  /** Quorums of this type have Evo members only (from V19). */
  readonly llmqTypePlatform: number;
  readonly llmqTypeMnhf: number;
  /** Blocks above a masternode's registration before its confirmedHash is set. */
  readonly masternodeMinimumConfirmations: number;
  /** Presence in the current list is required of "used" members also before V19 (testnet only). */
  readonly skipRemovedBeforeV19: boolean;
  readonly dnsSeeds: readonly string[];
  /** host:port */
  readonly fixedSeeds: readonly string[];
}

/**
 * The assumed-valid block with the network's minimum chain work as its work. Headers are asked for from the
 * checkpoint below it and must link by hash into the anchor; difficulty and median time are exact from there.
 */
export interface HeaderAnchor {
  readonly block: KnownBlock;
  readonly chainWork: bigint;
  readonly headersFrom: KnownBlock;
}
