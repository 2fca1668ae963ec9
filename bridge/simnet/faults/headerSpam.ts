import type { Hash256 } from "../../../worker/wire/hashes.ts";
import type { BlockHeader } from "../../../worker/wire/header.ts";
import { type ConcatenatedHeaders, joinHeaders } from "../../../worker/wire/headers.ts";
import type { X11 } from "../../../worker/x11/index.ts";
import type { SimChain } from "../chain.ts";
import { mineHeader } from "../consensus/proofOfWork.ts";
import type { Dice } from "../dice.ts";
import { POW_LIMIT_BITS, TARGET_SPACING_SECONDS } from "../params.ts";
import type { HeaderSpam } from "./profile.ts";

const VERSION = 0x20000000;

/**
 * @param fork - which one
 * @returns headers, each with its proof of work; nothing else of their blocks exists
 */
export function mineFork(
  { length, fromGenesis }: HeaderSpam,
  fork: number,
  chain: SimChain,
  dice: Dice,
  x11: X11,
): ConcatenatedHeaders {
  const height = fromGenesis === true ? 0 : dice.below(Math.ceil(chain.tipHeight / 2), "spam", fork);
  const trunk = chain.block(height);
  const headers: BlockHeader[] = [];
  let [prevBlockHash, time] = [trunk.hash, trunk.header.time];
  while (headers.length < length) {
    time += TARGET_SPACING_SECONDS;
    const merkleRoot = dice.bytes("spam", fork, headers.length) as Hash256;
    const fields = { version: VERSION, prevBlockHash, merkleRoot, time, bits: POW_LIMIT_BITS };
    const { header, hash } = mineHeader(fields, x11);
    headers.push(header);
    prevBlockHash = hash;
  }
  return joinHeaders(headers);
}
