// Blue Midnight Wish, BMW-512 with the round-2 tweaks.
// Source: Gligoroski, Klima, Knapskog, El-Hadedy, Amundsen, Mjolsnes, "Cryptographic Hash Function BLUE MIDNIGHT WISH".
import { clear, copyWords, padBlock, rotateLeft64 } from "./bytes";

const BLOCK_SIZE: usize = 128;

/** The bytes 0x80 to 0xff, as big-endian words. */
const IV: usize = memory.data<u64>([
  0x8081828384858687, 0x88898a8b8c8d8e8f, 0x9091929394959697, 0x98999a9b9c9d9e9f,
  0xa0a1a2a3a4a5a6a7, 0xa8a9aaabacadaeaf, 0xb0b1b2b3b4b5b6b7, 0xb8b9babbbcbdbebf,
  0xc0c1c2c3c4c5c6c7, 0xc8c9cacbcccdcecf, 0xd0d1d2d3d4d5d6d7, 0xd8d9dadbdcdddedf,
  0xe0e1e2e3e4e5e6e7, 0xe8e9eaebecedeeef, 0xf0f1f2f3f4f5f6f7, 0xf8f9fafbfcfdfeff,
], 16);

/** The chaining value of the last compression, whose message is the state. */
const FINAL: usize = memory.data<u64>([
  0xaaaaaaaaaaaaaaa0, 0xaaaaaaaaaaaaaaa1, 0xaaaaaaaaaaaaaaa2, 0xaaaaaaaaaaaaaaa3,
  0xaaaaaaaaaaaaaaa4, 0xaaaaaaaaaaaaaaa5, 0xaaaaaaaaaaaaaaa6, 0xaaaaaaaaaaaaaaa7,
  0xaaaaaaaaaaaaaaa8, 0xaaaaaaaaaaaaaaa9, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaab,
  0xaaaaaaaaaaaaaaac, 0xaaaaaaaaaaaaaaad, 0xaaaaaaaaaaaaaaae, 0xaaaaaaaaaaaaaaaf,
], 16);

/** K_j is j times this. */
const K: u64 = 0x0555555555555555;

const state: usize = memory.data(128, 16);
const lastBlock: usize = memory.data(128, 16);
/** The quadrupled pipe: 32 words. */
const q: usize = memory.data(256, 16);
/** Message word j rotated left by j + 1. */
const rotated: usize = memory.data(128, 16);

@inline
function s0(x: u64): u64 {
  return (x >> 1) ^ (x << 3) ^ rotateLeft64(x, 4) ^ rotateLeft64(x, 37);
}

@inline
function s1(x: u64): u64 {
  return (x >> 1) ^ (x << 2) ^ rotateLeft64(x, 13) ^ rotateLeft64(x, 43);
}

@inline
function s2(x: u64): u64 {
  return (x >> 2) ^ (x << 1) ^ rotateLeft64(x, 19) ^ rotateLeft64(x, 53);
}

@inline
function s3(x: u64): u64 {
  return (x >> 2) ^ (x << 2) ^ rotateLeft64(x, 28) ^ rotateLeft64(x, 59);
}

@inline
function s4(x: u64): u64 {
  return (x >> 1) ^ x;
}

@inline
function s5(x: u64): u64 {
  return (x >> 2) ^ x;
}

/** What message and state add to word 16 + j of the pipe. */
@inline
function addElement(j: usize): u64 {
  const message =
    load<u64>(j << 3, rotated) +
    load<u64>(((j + 3) & 15) << 3, rotated) -
    load<u64>(((j + 10) & 15) << 3, rotated);
  return (message + <u64>(j + 16) * K) ^ load<u64>(((j + 7) & 15) << 3, state);
}

/** f0: words 0 to 15 of the pipe. */
@inline
function mixMessage(block: usize): void {
  const x0 = load<u64>(block) ^ load<u64>(state, 0);
  const x1 = load<u64>(block, 8) ^ load<u64>(state, 8);
  const x2 = load<u64>(block, 16) ^ load<u64>(state, 16);
  const x3 = load<u64>(block, 24) ^ load<u64>(state, 24);
  const x4 = load<u64>(block, 32) ^ load<u64>(state, 32);
  const x5 = load<u64>(block, 40) ^ load<u64>(state, 40);
  const x6 = load<u64>(block, 48) ^ load<u64>(state, 48);
  const x7 = load<u64>(block, 56) ^ load<u64>(state, 56);
  const x8 = load<u64>(block, 64) ^ load<u64>(state, 64);
  const x9 = load<u64>(block, 72) ^ load<u64>(state, 72);
  const x10 = load<u64>(block, 80) ^ load<u64>(state, 80);
  const x11 = load<u64>(block, 88) ^ load<u64>(state, 88);
  const x12 = load<u64>(block, 96) ^ load<u64>(state, 96);
  const x13 = load<u64>(block, 104) ^ load<u64>(state, 104);
  const x14 = load<u64>(block, 112) ^ load<u64>(state, 112);
  const x15 = load<u64>(block, 120) ^ load<u64>(state, 120);

  store<u64>(q, s0(x5 - x7 + x10 + x13 + x14) + load<u64>(state, 8), 0);
  store<u64>(q, s1(x6 - x8 + x11 + x14 - x15) + load<u64>(state, 16), 8);
  store<u64>(q, s2(x0 + x7 + x9 - x12 + x15) + load<u64>(state, 24), 16);
  store<u64>(q, s3(x0 - x1 + x8 - x10 + x13) + load<u64>(state, 32), 24);
  store<u64>(q, s4(x1 + x2 + x9 - x11 - x14) + load<u64>(state, 40), 32);
  store<u64>(q, s0(x3 - x2 + x10 - x12 + x15) + load<u64>(state, 48), 40);
  store<u64>(q, s1(x4 - x0 - x3 - x11 + x13) + load<u64>(state, 56), 48);
  store<u64>(q, s2(x1 - x4 - x5 - x12 - x14) + load<u64>(state, 64), 56);
  store<u64>(q, s3(x2 - x5 - x6 + x13 - x15) + load<u64>(state, 72), 64);
  store<u64>(q, s4(x0 - x3 + x6 - x7 + x14) + load<u64>(state, 80), 72);
  store<u64>(q, s0(x8 - x1 - x4 - x7 + x15) + load<u64>(state, 88), 80);
  store<u64>(q, s1(x8 - x0 - x2 - x5 + x9) + load<u64>(state, 96), 88);
  store<u64>(q, s2(x1 + x3 - x6 - x9 + x10) + load<u64>(state, 104), 96);
  store<u64>(q, s3(x2 + x4 + x7 + x10 + x11) + load<u64>(state, 112), 104);
  store<u64>(q, s4(x3 - x5 + x8 - x11 - x12) + load<u64>(state, 120), 112);
  store<u64>(q, s0(x12 - x4 - x6 - x9 + x13) + load<u64>(state), 120);
}

/** f1: words 16 to 31 of the pipe, two by the strong expansion and fourteen by the simple one. */
@inline
function expand(block: usize): void {
  store<u64>(rotated, rotateLeft64(load<u64>(block), 1), 0);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 8), 2), 8);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 16), 3), 16);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 24), 4), 24);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 32), 5), 32);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 40), 6), 40);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 48), 7), 48);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 56), 8), 56);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 64), 9), 64);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 72), 10), 72);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 80), 11), 80);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 88), 12), 88);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 96), 13), 96);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 104), 14), 104);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 112), 15), 112);
  store<u64>(rotated, rotateLeft64(load<u64>(block, 120), 16), 120);

  for (let j: usize = 0; j < 2; j++) {
    const p = q + (j << 3);
    const word =
      s1(load<u64>(p)) +
      s2(load<u64>(p, 8)) +
      s3(load<u64>(p, 16)) +
      s0(load<u64>(p, 24)) +
      s1(load<u64>(p, 32)) +
      s2(load<u64>(p, 40)) +
      s3(load<u64>(p, 48)) +
      s0(load<u64>(p, 56)) +
      s1(load<u64>(p, 64)) +
      s2(load<u64>(p, 72)) +
      s3(load<u64>(p, 80)) +
      s0(load<u64>(p, 88)) +
      s1(load<u64>(p, 96)) +
      s2(load<u64>(p, 104)) +
      s3(load<u64>(p, 112)) +
      s0(load<u64>(p, 120)) +
      addElement(j);
    store<u64>(p, word, 128);
  }
  for (let j: usize = 2; j < 16; j++) {
    const p = q + (j << 3);
    const word =
      load<u64>(p) +
      rotateLeft64(load<u64>(p, 8), 5) +
      load<u64>(p, 16) +
      rotateLeft64(load<u64>(p, 24), 11) +
      load<u64>(p, 32) +
      rotateLeft64(load<u64>(p, 40), 27) +
      load<u64>(p, 48) +
      rotateLeft64(load<u64>(p, 56), 32) +
      load<u64>(p, 64) +
      rotateLeft64(load<u64>(p, 72), 37) +
      load<u64>(p, 80) +
      rotateLeft64(load<u64>(p, 88), 43) +
      load<u64>(p, 96) +
      rotateLeft64(load<u64>(p, 104), 53) +
      s4(load<u64>(p, 112)) +
      s5(load<u64>(p, 120)) +
      addElement(j);
    store<u64>(p, word, 128);
  }
}

/** f2: the new state from the pipe. */
@inline
function fold(block: usize): void {
  const xl =
    load<u64>(q, 128) ^ load<u64>(q, 136) ^ load<u64>(q, 144) ^ load<u64>(q, 152) ^
    load<u64>(q, 160) ^ load<u64>(q, 168) ^ load<u64>(q, 176) ^ load<u64>(q, 184);
  const xh =
    xl ^
    load<u64>(q, 192) ^ load<u64>(q, 200) ^ load<u64>(q, 208) ^ load<u64>(q, 216) ^
    load<u64>(q, 224) ^ load<u64>(q, 232) ^ load<u64>(q, 240) ^ load<u64>(q, 248);

  const h0 = ((xh << 5) ^ (load<u64>(q, 128) >> 5) ^ load<u64>(block)) + (xl ^ load<u64>(q, 192) ^ load<u64>(q, 0));
  const h1 = ((xh >> 7) ^ (load<u64>(q, 136) << 8) ^ load<u64>(block, 8)) + (xl ^ load<u64>(q, 200) ^ load<u64>(q, 8));
  const h2 = ((xh >> 5) ^ (load<u64>(q, 144) << 5) ^ load<u64>(block, 16)) + (xl ^ load<u64>(q, 208) ^ load<u64>(q, 16));
  const h3 = ((xh >> 1) ^ (load<u64>(q, 152) << 5) ^ load<u64>(block, 24)) + (xl ^ load<u64>(q, 216) ^ load<u64>(q, 24));
  const h4 = ((xh >> 3) ^ load<u64>(q, 160) ^ load<u64>(block, 32)) + (xl ^ load<u64>(q, 224) ^ load<u64>(q, 32));
  const h5 = ((xh << 6) ^ (load<u64>(q, 168) >> 6) ^ load<u64>(block, 40)) + (xl ^ load<u64>(q, 232) ^ load<u64>(q, 40));
  const h6 = ((xh >> 4) ^ (load<u64>(q, 176) << 6) ^ load<u64>(block, 48)) + (xl ^ load<u64>(q, 240) ^ load<u64>(q, 48));
  const h7 = ((xh >> 11) ^ (load<u64>(q, 184) << 2) ^ load<u64>(block, 56)) + (xl ^ load<u64>(q, 248) ^ load<u64>(q, 56));
  const h8 =
    rotateLeft64(h4, 9) + (xh ^ load<u64>(q, 192) ^ load<u64>(block, 64)) + ((xl << 8) ^ load<u64>(q, 184) ^ load<u64>(q, 64));
  const h9 =
    rotateLeft64(h5, 10) + (xh ^ load<u64>(q, 200) ^ load<u64>(block, 72)) + ((xl >> 6) ^ load<u64>(q, 128) ^ load<u64>(q, 72));
  const h10 =
    rotateLeft64(h6, 11) + (xh ^ load<u64>(q, 208) ^ load<u64>(block, 80)) + ((xl << 6) ^ load<u64>(q, 136) ^ load<u64>(q, 80));
  const h11 =
    rotateLeft64(h7, 12) + (xh ^ load<u64>(q, 216) ^ load<u64>(block, 88)) + ((xl << 4) ^ load<u64>(q, 144) ^ load<u64>(q, 88));
  const h12 =
    rotateLeft64(h0, 13) + (xh ^ load<u64>(q, 224) ^ load<u64>(block, 96)) + ((xl >> 3) ^ load<u64>(q, 152) ^ load<u64>(q, 96));
  const h13 =
    rotateLeft64(h1, 14) + (xh ^ load<u64>(q, 232) ^ load<u64>(block, 104)) + ((xl >> 4) ^ load<u64>(q, 160) ^ load<u64>(q, 104));
  const h14 =
    rotateLeft64(h2, 15) + (xh ^ load<u64>(q, 240) ^ load<u64>(block, 112)) + ((xl >> 7) ^ load<u64>(q, 168) ^ load<u64>(q, 112));
  const h15 =
    rotateLeft64(h3, 16) + (xh ^ load<u64>(q, 248) ^ load<u64>(block, 120)) + ((xl >> 2) ^ load<u64>(q, 176) ^ load<u64>(q, 120));
  store<u64>(state, h0);
  store<u64>(state, h1, 8);
  store<u64>(state, h2, 16);
  store<u64>(state, h3, 24);
  store<u64>(state, h4, 32);
  store<u64>(state, h5, 40);
  store<u64>(state, h6, 48);
  store<u64>(state, h7, 56);
  store<u64>(state, h8, 64);
  store<u64>(state, h9, 72);
  store<u64>(state, h10, 80);
  store<u64>(state, h11, 88);
  store<u64>(state, h12, 96);
  store<u64>(state, h13, 104);
  store<u64>(state, h14, 112);
  store<u64>(state, h15, 120);
}

/** state = compression of `block` under state. */
function compress(block: usize): void {
  mixMessage(block);
  expand(block);
  fold(block);
}

export function bmw512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 128);
  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) compress(input + hashed);

  const tail = length - hashed;
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0x80);
  if (tail > 119) {
    compress(lastBlock);
    clear(lastBlock, BLOCK_SIZE);
  }
  store<u64>(lastBlock, <u64>length << 3, 120);
  compress(lastBlock);

  copyWords(lastBlock, state, BLOCK_SIZE);
  copyWords(state, FINAL, BLOCK_SIZE);
  compress(lastBlock);
  copyWords(output, state + 64, 64);
}
