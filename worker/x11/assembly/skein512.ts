// Skein-512-512, version 1.3 of the submission.
// Source: Ferguson, Lucks, Schneier, Whiting, Bellare, Kohno, Callas, Walker, "The Skein Hash Function Family", 2010.
import { clear, copyWords, padBlock, rotateLeft64 } from "./bytes";

const BLOCK_SIZE: usize = 64;
const KEY_PARITY: u64 = 0x1bd11bdaa9fc1a22;

/** Upper tweak words: block type in bits 56 to 61, 62 is "first", 63 is "final". */
const TYPE_MESSAGE: u64 = 48 << 56;
const TYPE_OUTPUT: u64 = 63 << 56;
const FIRST: u64 = 1 << 62;
const FINAL: u64 = 1 << 63;

/** The state after the configuration block for 512 bits of output (appendix B.10). */
const IV: usize = memory.data<u64>([
  0x4903adff749c51ce, 0x0d95de399746df03, 0x8fd1934127c79bce, 0x9a255629ff352cb1,
  0x5db62599df6ca7b0, 0xeabe394ca9d5c3f4, 0x991112c71a75b523, 0xae18a40b660fcc33,
], 16);

const state: usize = memory.data(64, 16);
const lastBlock: usize = memory.data(64, 16);
/** The 9 key words and the 3 tweak words, repeated so that subkey s starts s words in. */
const keys: usize = memory.data(27 * 8, 16);
const tweaks: usize = memory.data(21 * 8, 16);

/** Lays out the schedule of 19 subkeys. */
@inline
function scheduleKeys(position: u64, flags: u64): void {
  let parity = KEY_PARITY;
  for (let i: usize = 0; i < 64; i += 8) {
    const word = load<u64>(state + i);
    parity ^= word;
    store<u64>(keys + i, word);
  }
  store<u64>(keys, parity, 64);
  for (let i: usize = 72; i < 27 * 8; i += 8) store<u64>(keys + i, load<u64>(keys + i - 72));

  store<u64>(tweaks, position);
  store<u64>(tweaks, flags, 8);
  store<u64>(tweaks, position ^ flags, 16);
  for (let i: usize = 24; i < 21 * 8; i += 8) store<u64>(tweaks + i, load<u64>(tweaks + i - 24));
}

/**
 * One block of UBI: state = Threefish-512(key state, tweak, block) XOR block.
 * @param position - message bytes up to and with this block
 */
function compress(block: usize, position: u64, flags: u64): void {
  scheduleKeys(position, flags);
  let x0 = load<u64>(block);
  let x1 = load<u64>(block, 8);
  let x2 = load<u64>(block, 16);
  let x3 = load<u64>(block, 24);
  let x4 = load<u64>(block, 32);
  let x5 = load<u64>(block, 40);
  let x6 = load<u64>(block, 48);
  let x7 = load<u64>(block, 56);

  let key = keys;
  let tweak = tweaks;
  for (let subkey: u64 = 0; subkey < 18; subkey += 2) {
    x0 += load<u64>(key);
    x1 += load<u64>(key, 8);
    x2 += load<u64>(key, 16);
    x3 += load<u64>(key, 24);
    x4 += load<u64>(key, 32);
    x5 += load<u64>(key, 40) + load<u64>(tweak);
    x6 += load<u64>(key, 48) + load<u64>(tweak, 8);
    x7 += load<u64>(key, 56) + subkey;

    x0 += x1;
    x1 = rotateLeft64(x1, 46) ^ x0;
    x2 += x3;
    x3 = rotateLeft64(x3, 36) ^ x2;
    x4 += x5;
    x5 = rotateLeft64(x5, 19) ^ x4;
    x6 += x7;
    x7 = rotateLeft64(x7, 37) ^ x6;
    x2 += x1;
    x1 = rotateLeft64(x1, 33) ^ x2;
    x4 += x7;
    x7 = rotateLeft64(x7, 27) ^ x4;
    x6 += x5;
    x5 = rotateLeft64(x5, 14) ^ x6;
    x0 += x3;
    x3 = rotateLeft64(x3, 42) ^ x0;
    x4 += x1;
    x1 = rotateLeft64(x1, 17) ^ x4;
    x6 += x3;
    x3 = rotateLeft64(x3, 49) ^ x6;
    x0 += x5;
    x5 = rotateLeft64(x5, 36) ^ x0;
    x2 += x7;
    x7 = rotateLeft64(x7, 39) ^ x2;
    x6 += x1;
    x1 = rotateLeft64(x1, 44) ^ x6;
    x0 += x7;
    x7 = rotateLeft64(x7, 9) ^ x0;
    x2 += x5;
    x5 = rotateLeft64(x5, 54) ^ x2;
    x4 += x3;
    x3 = rotateLeft64(x3, 56) ^ x4;

    x0 += load<u64>(key, 8);
    x1 += load<u64>(key, 16);
    x2 += load<u64>(key, 24);
    x3 += load<u64>(key, 32);
    x4 += load<u64>(key, 40);
    x5 += load<u64>(key, 48) + load<u64>(tweak, 8);
    x6 += load<u64>(key, 56) + load<u64>(tweak, 16);
    x7 += load<u64>(key, 64) + subkey + 1;

    x0 += x1;
    x1 = rotateLeft64(x1, 39) ^ x0;
    x2 += x3;
    x3 = rotateLeft64(x3, 30) ^ x2;
    x4 += x5;
    x5 = rotateLeft64(x5, 34) ^ x4;
    x6 += x7;
    x7 = rotateLeft64(x7, 24) ^ x6;
    x2 += x1;
    x1 = rotateLeft64(x1, 13) ^ x2;
    x4 += x7;
    x7 = rotateLeft64(x7, 50) ^ x4;
    x6 += x5;
    x5 = rotateLeft64(x5, 10) ^ x6;
    x0 += x3;
    x3 = rotateLeft64(x3, 17) ^ x0;
    x4 += x1;
    x1 = rotateLeft64(x1, 25) ^ x4;
    x6 += x3;
    x3 = rotateLeft64(x3, 29) ^ x6;
    x0 += x5;
    x5 = rotateLeft64(x5, 39) ^ x0;
    x2 += x7;
    x7 = rotateLeft64(x7, 43) ^ x2;
    x6 += x1;
    x1 = rotateLeft64(x1, 8) ^ x6;
    x0 += x7;
    x7 = rotateLeft64(x7, 35) ^ x0;
    x2 += x5;
    x5 = rotateLeft64(x5, 56) ^ x2;
    x4 += x3;
    x3 = rotateLeft64(x3, 22) ^ x4;

    key += 16;
    tweak += 16;
  }

  store<u64>(state, (x0 + load<u64>(key)) ^ load<u64>(block));
  store<u64>(state, (x1 + load<u64>(key, 8)) ^ load<u64>(block, 8), 8);
  store<u64>(state, (x2 + load<u64>(key, 16)) ^ load<u64>(block, 16), 16);
  store<u64>(state, (x3 + load<u64>(key, 24)) ^ load<u64>(block, 24), 24);
  store<u64>(state, (x4 + load<u64>(key, 32)) ^ load<u64>(block, 32), 32);
  store<u64>(state, (x5 + load<u64>(key, 40) + load<u64>(tweak)) ^ load<u64>(block, 40), 40);
  store<u64>(state, (x6 + load<u64>(key, 48) + load<u64>(tweak, 8)) ^ load<u64>(block, 48), 48);
  store<u64>(state, (x7 + load<u64>(key, 56) + 18) ^ load<u64>(block, 56), 56);
}

export function skein512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 64);

  let flags = TYPE_MESSAGE | FIRST;
  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE < length; hashed += BLOCK_SIZE) {
    compress(input + hashed, hashed + BLOCK_SIZE, flags);
    flags = TYPE_MESSAGE;
  }
  const tail = length - hashed;
  if (tail == BLOCK_SIZE) copyWords(lastBlock, input + hashed, BLOCK_SIZE);
  else padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0);
  compress(lastBlock, length, flags | FINAL);

  clear(lastBlock, BLOCK_SIZE);
  compress(lastBlock, 8, TYPE_OUTPUT | FIRST | FINAL);
  copyWords(output, state, 64);
}
