import { loadX11 } from "../../node/loadX11.ts";
import { networkParams } from "../../params/index.ts";
import { encode } from "../../wire/codec.ts";
import { type BlockHash, fromHashHex } from "../../wire/hashes.ts";
import { blockHeader } from "../../wire/header.ts";
import type { ChainBlock } from "../bestChain.ts";
import { HeaderChain } from "../headerChain.ts";
import { decodeTarget, isProofOfWork } from "../target.ts";

const x11 = await loadX11();
export const hashHeaders = (headers: Uint8Array): Uint8Array => x11.hashHeaders(headers);

export const REGTEST = networkParams("regtest");
export const EASY_BITS = 0x207fffff;
export const GENESIS_TIME = 1417713337;
/** Later than any header that was mined here or recorded. */
export const NOW = 4_000_000_000;

export interface Mined extends ChainBlock {
  readonly header: Uint8Array;
  readonly time: number;
}

export const GENESIS: Mined = {
  height: 0,
  hash: fromHashHex(REGTEST.genesisHash),
  header: REGTEST.genesisHeader,
  time: GENESIS_TIME,
};

export interface MiningOptions {
  time?: number;
  bits?: number;
  version?: number;
  /** Makes blocks on the same parent differ. */
  salt?: number;
  /** A hash that does not reach the target. */
  unproven?: boolean;
}

/** One block, on real X11; two tries on average with regtest's target. */
export function mine(parent: Mined, options: MiningOptions = {}): Mined {
  const { bits = EASY_BITS, version = 0x20000000, salt = 0, time = parent.time + 150, unproven } = options;
  const merkleRoot = new Uint8Array(32).fill(salt);
  const limit = decodeTarget(bits);
  for (let nonce = 0; ; nonce++) {
    const header = encode(blockHeader, {
      version,
      prevBlockHash: parent.hash,
      merkleRoot,
      time,
      bits,
      nonce,
    });
    const hash = hashHeaders(header) as BlockHash;
    if (isProofOfWork(hash, bits, limit) !== (unproven ?? false)) {
      return { height: parent.height + 1, hash, header, time };
    }
  }
}

/** @returns `count` blocks, each on the one before */
export function mineRow(parent: Mined, count: number, options: MiningOptions = {}): Mined[] {
  const row: Mined[] = [];
  for (let i = 0; i < count; i++) row.push(mine(row[i - 1] ?? parent, options));
  return row;
}

/** @returns the headers as one message */
export function join(...blocks: readonly Mined[]): Uint8Array {
  const headers = new Uint8Array(blocks.length * 80);
  blocks.forEach((block, i) => {
    headers.set(block.header, i * 80);
  });
  return headers;
}

export function regtestChain(...blocks: readonly Mined[]): HeaderChain {
  const chain = HeaderChain.fromGenesis(REGTEST, hashHeaders);
  const { error } = chain.acceptHeaders(join(...blocks), NOW);
  if (error) throw error;
  return chain;
}

export function blockOf({ height, hash }: ChainBlock): ChainBlock {
  return { height, hash };
}
