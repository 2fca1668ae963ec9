// SHAvite-3-512 with the round-2 tweak.
// Source: Biham, Dunkelman, "The SHAvite-3 Hash Function", 2009.
import { aesColumn } from "./aes";
import { clear, copyWords, padBlock } from "./bytes";

const BLOCK_SIZE: usize = 128;
/** 14 rounds of two branches of four AES rounds: 112 subkeys of 16 bytes. */
const SCHEDULE_SIZE: usize = 112 * 16;
/** A half round's subkeys: 128 bytes, alternately through AES and linear. */
const GROUP_SIZE: usize = 128;

const IV: usize = memory.data<u32>([
  0x72fccdd8, 0x79ca4727, 0x128a077b, 0x40d55aec, 0xd1901a06, 0x430ae307, 0xb29f5cd1, 0xdf07fbfc,
  0x8e45d73d, 0x681ab538, 0xbde86578, 0xdd577e47, 0xe275eade, 0x502d9fcd, 0xb9357178, 0x022a4b9a,
], 16);

const state: usize = memory.data(64, 16);
/** The four 128-bit words of the Feistel network. */
const work: usize = memory.data(64, 16);
const schedule: usize = memory.data(1792, 16);
const lastBlock: usize = memory.data(128, 16);

@inline
function addCounter(offset: usize, c0: u32, c1: u32, c2: u32, c3: u32): void {
  const p = schedule + offset;
  store<u32>(p, load<u32>(p) ^ c0);
  store<u32>(p, load<u32>(p, 4) ^ c1, 4);
  store<u32>(p, load<u32>(p, 8) ^ c2, 8);
  store<u32>(p, load<u32>(p, 12) ^ ~c3, 12);
}

/** One group through AES: a subkey is AES of the one 128 bytes back, rotated by a word, XOR the one before it. */
@inline
function expandByAes(group: usize, counterAt: usize, low: u32, high: u32): void {
  for (let p = group; p < group + GROUP_SIZE; p += 16) {
    const q = schedule + p;
    const x0 = load<u32>(q - 124);
    const x1 = load<u32>(q - 120);
    const x2 = load<u32>(q - 116);
    const x3 = load<u32>(q - 128);
    store<u32>(q, aesColumn(x0, x1, x2, x3) ^ load<u32>(q - 16));
    store<u32>(q, aesColumn(x1, x2, x3, x0) ^ load<u32>(q - 12), 4);
    store<u32>(q, aesColumn(x2, x3, x0, x1) ^ load<u32>(q - 8), 8);
    store<u32>(q, aesColumn(x3, x0, x1, x2) ^ load<u32>(q - 4), 12);
    if (p == counterAt) {
      // The upper half of the 128-bit counter is 0 here.
      if (p == 128) addCounter(p, low, high, 0, 0);
      else if (p == 656) addCounter(p, 0, 0, high, low);
      else if (p == 1264) addCounter(p, 0, 0, low, high);
      else addCounter(p, high, low, 0, 0);
    }
  }
}

/** @param bits - message bits hashed up to and with this block, 0 if it holds none */
@inline
function expandKeys(block: usize, bits: u64): void {
  const low = <u32>bits;
  const high = <u32>(bits >> 32);
  copyWords(schedule, block, BLOCK_SIZE);
  for (let group = GROUP_SIZE; ; group += 2 * GROUP_SIZE) {
    const counterAt: usize = group == 128 ? 128 : group == 640 ? 656 : group == 1152 ? 1264 : group == 1664 ? 1760 : 0;
    expandByAes(group, counterAt, low, high);
    if (group + GROUP_SIZE == SCHEDULE_SIZE) break;
    const linear = schedule + group + GROUP_SIZE;
    for (let p = linear; p < linear + GROUP_SIZE; p += 4) store<u32>(p, load<u32>(p - 128) ^ load<u32>(p - 28));
  }
}

/** target ^= four AES rounds of source, the key of each before it. */
function branch(target: usize, source: usize, keys: usize): void {
  let x0 = load<u32>(source);
  let x1 = load<u32>(source, 4);
  let x2 = load<u32>(source, 8);
  let x3 = load<u32>(source, 12);
  for (let key = keys; key < keys + 64; key += 16) {
    x0 ^= load<u32>(key);
    x1 ^= load<u32>(key, 4);
    x2 ^= load<u32>(key, 8);
    x3 ^= load<u32>(key, 12);
    const y0 = aesColumn(x0, x1, x2, x3);
    const y1 = aesColumn(x1, x2, x3, x0);
    const y2 = aesColumn(x2, x3, x0, x1);
    x3 = aesColumn(x3, x0, x1, x2);
    x0 = y0;
    x1 = y1;
    x2 = y2;
  }
  store<u32>(target, load<u32>(target) ^ x0);
  store<u32>(target, load<u32>(target, 4) ^ x1, 4);
  store<u32>(target, load<u32>(target, 8) ^ x2, 8);
  store<u32>(target, load<u32>(target, 12) ^ x3, 12);
}

function compress(block: usize, bits: u64): void {
  expandKeys(block, bits);
  copyWords(work, state, 64);

  // The four words rotate by one place a round: here their roles do, and the words stay.
  let turn: usize = 0;
  for (let keys = schedule; keys < schedule + SCHEDULE_SIZE; keys += GROUP_SIZE) {
    branch(work + (turn & 48), work + ((turn + 16) & 48), keys);
    branch(work + ((turn + 32) & 48), work + ((turn + 48) & 48), keys + 64);
    turn += 48;
  }

  // After 14 rounds the roles stand half way round.
  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(state + i, load<u64>(state + i) ^ load<u64>(work + ((i + 32) & 63)));
  }
}

export function shavite512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 64);
  const bits = <u64>length << 3;

  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) {
    compress(input + hashed, <u64>(hashed + BLOCK_SIZE) << 3);
  }

  const tail = length - hashed;
  let counter: u64 = tail == 0 ? 0 : bits;
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0x80);
  if (tail > 109) {
    compress(lastBlock, counter);
    counter = 0;
    clear(lastBlock, BLOCK_SIZE);
  }
  // The length takes 16 bytes from byte 110, the digest size the last 2. wasm2js needs to be told of the alignment.
  store<u64>(lastBlock, bits, 110, 2);
  store<u16>(lastBlock, 512, 126);
  compress(lastBlock, counter);
  copyWords(output, state, 64);
}
