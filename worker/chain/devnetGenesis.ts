import type { NetworkParams } from "../params/index.ts";
import { encode } from "../wire/codec.ts";
import { type BlockHash, sha256d } from "../wire/hashes.ts";
import { blockHeader } from "../wire/header.ts";
import { readHeaderFields } from "./headerRules.ts";
import { isProofOfWork } from "./target.ts";

const OP_1 = 0x51;
const OP_PUSHDATA1 = 0x4c;
const OP_RETURN = 0x6a;
const REWARD_DUFFS = 50n * 100_000_000n;

export interface DevnetGenesis {
  /** 80 bytes */
  readonly header: Uint8Array;
  readonly hash: BlockHash;
}

/**
 * Block 1 of a devnet, the same for all its nodes since it is made from the devnet's name; genesis has no other child.
 * @param params - of a devnet
 * @param hashHeader - X11 of 80 bytes
 * Source: Core 23.1.2 chainparams.cpp CreateDevNetGenesisBlock, FindDevNetGenesisBlock
 */
export function computeDevnetGenesis(
  params: NetworkParams,
  hashHeader: (header: Uint8Array) => Uint8Array,
): DevnetGenesis {
  const { time, bits } = readHeaderFields(params.genesisHeader);
  const merkleRoot = sha256d(encodeCoinbase(params.devnetName ?? ""));
  const prevBlockHash = hashHeader(params.genesisHeader) as BlockHash;
  for (let nonce = 0; ; nonce++) {
    const header = encode(blockHeader, {
      version: 4,
      prevBlockHash,
      merkleRoot,
      time: time + 1,
      bits,
      nonce,
    });
    const hash = hashHeader(header) as BlockHash;
    if (isProofOfWork(hash, bits, params.pow.powLimit)) return { header, hash };
  }
}

/** Version 1, one null input that pushes the number 1 and the name, 50 DASH to an OP_RETURN, no lock time. */
function encodeCoinbase(devnetName: string): Uint8Array {
  const name = new TextEncoder().encode(devnetName);
  const push = name.length < OP_PUSHDATA1 ? [name.length] : [OP_PUSHDATA1, name.length];
  const script = [OP_1, ...push, ...name];
  const reward = new DataView(new ArrayBuffer(8));
  reward.setBigUint64(0, REWARD_DUFFS, true);
  return Uint8Array.from([
    ...[1, 0, 0, 0],
    ...[1, ...new Array<number>(32).fill(0), 0xff, 0xff, 0xff, 0xff],
    ...[script.length, ...script, 0xff, 0xff, 0xff, 0xff],
    ...[1, ...new Uint8Array(reward.buffer), 1, OP_RETURN],
    ...[0, 0, 0, 0],
  ]);
}
