// JH-512, the final-round submission (42 rounds), bit-sliced.
// Source: Wu, "The Hash Function JH", 2011.
// The state is 8 words of 128 bits: a vector each, or a low and a high u64.
import { clear, copyWords, padBlock } from "./bytes";

const BLOCK_SIZE: usize = 64;

/** The state after the initial compression for 512 bits of output. */
const IV: usize = memory.data<u64>([
  0x17aa003e964bd16f, 0x43d5157a052e6a63, 0x0bef970c8d5e228a, 0x61c3b3f2591234e9,
  0x1e806f53c1a01d89, 0x806d2bea6b05a92a, 0xa6ba7520dbcc8e58, 0xf73bf8ba763a0fa9,
  0x694ae34105e66901, 0x5ae66f2e8e8ab546, 0x243c84c1d0a74710, 0x99c15a2db1716e3b,
  0x56f8b19decf657cf, 0x56b116577c8806a7, 0xfb1785e6dffcc2e3, 0x4bdd8ccc78465a54,
], 16);

/** Per round, 128 bits for the even words and 128 bits for the odd ones. */
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x67f815dfa2ded572, 0x571523b70a15847b, 0xf6875a4d90d6ab81, 0x402bd1c3c54f9f4e,
  0x9cfa455ce03a98ea, 0x9a99b26699d2c503, 0x8a53bbf2b4960266, 0x31a2db881a1456b5,
  0xdb0e199a5c5aa303, 0x1044c1870ab23f40, 0x1d959e848019051c, 0xdccde75eadeb336f,
  0x416bbf029213ba10, 0xd027bbf7156578dc, 0x5078aa3739812c0a, 0xd3910041d2bf1a3f,
  0x907eccf60d5a2d42, 0xce97c0929c9f62dd, 0xac442bc70ba75c18, 0x23fcc663d665dfd1,
  0x1ab8e09e036c6e97, 0xa8ec6c447e450521, 0xfa618e5dbb03f1ee, 0x97818394b29796fd,
  0x2f3003db37858e4a, 0x956a9ffb2d8d672a, 0x6c69b8f88173fe8a, 0x14427fc04672c78a,
  0xc45ec7bd8f15f4c5, 0x80bb118fa76f4475, 0xbc88e4aeb775de52, 0xf4a3a6981e00b882,
  0x1563a3a9338ff48e, 0x89f9b7d524565faa, 0xfde05a7c20edf1b6, 0x362c42065ae9ca36,
  0x3d98fe4e433529ce, 0xa74b9a7374f93a53, 0x86814e6f591ff5d0, 0x9f5ad8af81ad9d0e,
  0x6a6234ee670605a7, 0x2717b96ebe280b8b, 0x3f1080c626077447, 0x7b487ec66f7ea0e0,
  0xc0a4f84aa50a550d, 0x9ef18e979fe7e391, 0xd48d605081727686, 0x62b0e5f3415a9e7e,
  0x7a205440ec1f9ffc, 0x84c9f4ce001ae4e3, 0xd895fa9df594d74f, 0xa554c324117e2e55,
  0x286efebd2872df5b, 0xb2c4a50fe27ff578, 0x2ed349eeef7c8905, 0x7f5928eb85937e44,
  0x4a3124b337695f70, 0x65e4d61df128865e, 0xe720b95104771bc7, 0x8a87d423e843fe74,
  0xf2947692a3e8297d, 0xc1d9309b097acbdd, 0xe01bdc5bfb301b1d, 0xbf829cf24f4924da,
  0xffbf70b431bae7a4, 0x48bcf8de0544320d, 0x39d3bb5332fcae3b, 0xa08b29e0c1c39f45,
  0x0f09aef7fd05c9e5, 0x34f1904212347094, 0x95ed44e301b771a2, 0x4a982f4f368e3be9,
  0x15f66ca0631d4088, 0xffaf52874b44c147, 0x30c60ae2f14abb7e, 0xe68c6eccc5b67046,
  0x00ca4fbd56a4d5a4, 0xae183ec84b849dda, 0xadd1643045ce5773, 0x67255c1468cea6e8,
  0x16e10ecbf28cdaa3, 0x9a99949a5806e933, 0x7b846fc220b2601f, 0x1885d1a07facced1,
  0xd319dd8da15b5932, 0x46b4a5aac01c9a50, 0xba6b04e467633d9f, 0x7eee560bab19caf6,
  0x742128a9ea79b11f, 0xee51363b35f7bde9, 0x76d350755aac571d, 0x01707da3fec2463a,
  0x42d8a498afc135f7, 0x79676b9e20eced78, 0xa8db3aea15638341, 0x832c83324d3bc3fa,
  0xf347271c1f3b40a7, 0x9a762db734f04059, 0xfd4f21d26c4e3ee7, 0xef5957dc398dfdb8,
  0xdaeb492b490c9b8d, 0x0d70f36849d7a25b, 0x84558d7ad0ae3b7d, 0x658ef8e4f0e9a5f5,
  0x533b1036f4a2b8a0, 0x5aec3e759e07a80c, 0x4f88e85692946891, 0x4cbcbaf8555cb05b,
  0x7b9487f3993bbbe3, 0x5d1c6b72d6f4da75, 0x6db334dc28acae64, 0x71db28b850a5346c,
  0x2a518d10f2e261f8, 0xfc75dd593364dbe3, 0xa23fce43f1bcac1c, 0xb043e8023cd1bb67,
  0x75a12988ca5b0a33, 0x5c5316b44d19347f, 0x1e4d790ec3943b92, 0x3fafeeb6d7757479,
  0x21391abef7d4a8ea, 0x5127234c097ef45c, 0xd23c32ba5324a326, 0xadd5a66d4a17a344,
  0x08c9f2afa63e1db5, 0x563c6b91983d5983, 0x4d608672a17cf84c, 0xf6c76e08cc3ee246,
  0x5e76bcb1b333982f, 0x2ae6c4efa566d62b, 0x36d4c1bee8b6f406, 0x6321efbc1582ee74,
  0x69c953f40d4ec1fd, 0x26585806c45a7da7, 0x16fae0061614c17e, 0x3f9d63283daf907e,
  0x0cd29b00e3f2c9d2, 0x300cd4b730ceaa5f, 0x9832e0f216512a74, 0x9af8cee3d830eb0d,
  0x9279f1b57b9ec54b, 0xd36886046ee651ff, 0x316796e6574d239b, 0x05750a17f3a6e6cc,
  0xce6c3213d98176b1, 0x62a205f88452173c, 0x47154778b3cb2bf4, 0x486a9323825446ff,
  0x65655e4e0758df38, 0x8e5086fc897cfcf2, 0x86ca0bd0442e7031, 0x4e477830a20940f0,
  0x8338f7d139eea065, 0xbd3a2ce437e95ef7, 0x6ff8130126b29721, 0xe7de9fefd1ed44a3,
  0xd992257615dfa08b, 0xbe42dc12f6f7853c, 0x7eb027ab7ceca7d8, 0xdea83eaada7d8d53,
  0xd86902bd93ce25aa, 0xf908731afd43f65a, 0xa5194a17daef5fc0, 0x6a21fd4c33664d97,
  0x701541db3198b435, 0x9b54cdedbb0f1eea, 0x72409751a163d09a, 0xe26f4791bf9d75f6,
], 16);
const ROUND_CONSTANTS_END: usize = ROUND_CONSTANTS + 42 * 32;

/** The low halves of the groups of 2, 4, 8, 16, 32 and 64 bits that a round swaps. */
const SWAP_MASKS: usize = memory.data<u64>([
  0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f,
  0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x00000000ffffffff,
], 16);

/** The order of bytes that swaps neighbouring groups of 1, 2, 4 and 8 bytes. */
const BYTE_SWAPS: usize = memory.data<u8>([
  1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14,
  2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13,
  4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7,
], 16);

const state: usize = memory.data(128, 16);
const lastBlock: usize = memory.data(64, 16);

@inline
function swapBits(word: u64, mask: u64, distance: u64): u64 {
  return ((word & mask) << distance) | ((word >> distance) & mask);
}

/** Swaps neighbouring groups of 1, 2 or 4 bits. */
@inline
function swapBitLanes(word: v128, mask: v128, distance: i32): v128 {
  return v128.or(i64x2.shl(v128.and(word, mask), distance), v128.and(i64x2.shr_u(word, distance), mask));
}

/** E8 on vectors of 128 bits: S-boxes, the linear layer, and a swap whose distance doubles through 7 rounds. */
function permuteVectors(): void {
  let x0 = v128.load(state);
  let x1 = v128.load(state, 16);
  let x2 = v128.load(state, 32);
  let x3 = v128.load(state, 48);
  let x4 = v128.load(state, 64);
  let x5 = v128.load(state, 80);
  let x6 = v128.load(state, 96);
  let x7 = v128.load(state, 112);

  let k: v128;
  let t: v128;
  let swap: i32 = 0;
  for (let constants = ROUND_CONSTANTS; constants < ROUND_CONSTANTS_END; constants += 32) {
    k = v128.load(constants);
    x6 = v128.not(x6);
    x0 = v128.xor(x0, v128.andnot(k, x4));
    t = v128.xor(k, v128.and(x0, x2));
    x0 = v128.xor(x0, v128.and(x4, x6));
    x6 = v128.xor(x6, v128.andnot(x4, x2));
    x2 = v128.xor(x2, v128.and(x0, x4));
    x4 = v128.xor(x4, v128.andnot(x0, x6));
    x0 = v128.xor(x0, v128.or(x2, x6));
    x6 = v128.xor(x6, v128.and(x2, x4));
    x2 = v128.xor(x2, v128.and(t, x0));
    x4 = v128.xor(x4, t);

    k = v128.load(constants, 16);
    x7 = v128.not(x7);
    x1 = v128.xor(x1, v128.andnot(k, x5));
    t = v128.xor(k, v128.and(x1, x3));
    x1 = v128.xor(x1, v128.and(x5, x7));
    x7 = v128.xor(x7, v128.andnot(x5, x3));
    x3 = v128.xor(x3, v128.and(x1, x5));
    x5 = v128.xor(x5, v128.andnot(x1, x7));
    x1 = v128.xor(x1, v128.or(x3, x7));
    x7 = v128.xor(x7, v128.and(x3, x5));
    x3 = v128.xor(x3, v128.and(t, x1));
    x5 = v128.xor(x5, t);

    x1 = v128.xor(x1, x2);
    x3 = v128.xor(x3, x4);
    x5 = v128.xor(x5, v128.xor(x6, x0));
    x7 = v128.xor(x7, x0);
    x0 = v128.xor(x0, x3);
    x2 = v128.xor(x2, x5);
    x4 = v128.xor(x4, v128.xor(x7, x1));
    x6 = v128.xor(x6, x1);

    if (swap < 3) {
      const mask = v128.load_splat<u64>(SWAP_MASKS + (swap << 3));
      const distance = 1 << swap;
      x1 = swapBitLanes(x1, mask, distance);
      x3 = swapBitLanes(x3, mask, distance);
      x5 = swapBitLanes(x5, mask, distance);
      x7 = swapBitLanes(x7, mask, distance);
    } else {
      const order = v128.load(BYTE_SWAPS + (swap << 4) - 48);
      x1 = i8x16.swizzle(x1, order);
      x3 = i8x16.swizzle(x3, order);
      x5 = i8x16.swizzle(x5, order);
      x7 = i8x16.swizzle(x7, order);
    }
    swap = swap == 6 ? 0 : swap + 1;
  }

  v128.store(state, x0);
  v128.store(state, x1, 16);
  v128.store(state, x2, 32);
  v128.store(state, x3, 48);
  v128.store(state, x4, 64);
  v128.store(state, x5, 80);
  v128.store(state, x6, 96);
  v128.store(state, x7, 112);
}

/** E8 on halves of words, for JavaScript. */
function permuteWords(): void {
  let x0l = load<u64>(state);
  let x0h = load<u64>(state, 8);
  let x1l = load<u64>(state, 16);
  let x1h = load<u64>(state, 24);
  let x2l = load<u64>(state, 32);
  let x2h = load<u64>(state, 40);
  let x3l = load<u64>(state, 48);
  let x3h = load<u64>(state, 56);
  let x4l = load<u64>(state, 64);
  let x4h = load<u64>(state, 72);
  let x5l = load<u64>(state, 80);
  let x5h = load<u64>(state, 88);
  let x6l = load<u64>(state, 96);
  let x6h = load<u64>(state, 104);
  let x7l = load<u64>(state, 112);
  let x7h = load<u64>(state, 120);

  let k: u64;
  let t: u64;
  let swap: u64 = 0;
  for (let constants = ROUND_CONSTANTS; constants < ROUND_CONSTANTS_END; constants += 32) {
    k = load<u64>(constants, 0);
    x6l = ~x6l;
    x0l ^= k & ~x4l;
    t = k ^ (x0l & x2l);
    x0l ^= x4l & x6l;
    x6l ^= ~x2l & x4l;
    x2l ^= x0l & x4l;
    x4l ^= x0l & ~x6l;
    x0l ^= x2l | x6l;
    x6l ^= x2l & x4l;
    x2l ^= t & x0l;
    x4l ^= t;

    k = load<u64>(constants, 8);
    x6h = ~x6h;
    x0h ^= k & ~x4h;
    t = k ^ (x0h & x2h);
    x0h ^= x4h & x6h;
    x6h ^= ~x2h & x4h;
    x2h ^= x0h & x4h;
    x4h ^= x0h & ~x6h;
    x0h ^= x2h | x6h;
    x6h ^= x2h & x4h;
    x2h ^= t & x0h;
    x4h ^= t;

    k = load<u64>(constants, 16);
    x7l = ~x7l;
    x1l ^= k & ~x5l;
    t = k ^ (x1l & x3l);
    x1l ^= x5l & x7l;
    x7l ^= ~x3l & x5l;
    x3l ^= x1l & x5l;
    x5l ^= x1l & ~x7l;
    x1l ^= x3l | x7l;
    x7l ^= x3l & x5l;
    x3l ^= t & x1l;
    x5l ^= t;

    k = load<u64>(constants, 24);
    x7h = ~x7h;
    x1h ^= k & ~x5h;
    t = k ^ (x1h & x3h);
    x1h ^= x5h & x7h;
    x7h ^= ~x3h & x5h;
    x3h ^= x1h & x5h;
    x5h ^= x1h & ~x7h;
    x1h ^= x3h | x7h;
    x7h ^= x3h & x5h;
    x3h ^= t & x1h;
    x5h ^= t;

    x1l ^= x2l;
    x3l ^= x4l;
    x5l ^= x6l ^ x0l;
    x7l ^= x0l;
    x0l ^= x3l;
    x2l ^= x5l;
    x4l ^= x7l ^ x1l;
    x6l ^= x1l;

    x1h ^= x2h;
    x3h ^= x4h;
    x5h ^= x6h ^ x0h;
    x7h ^= x0h;
    x0h ^= x3h;
    x2h ^= x5h;
    x4h ^= x7h ^ x1h;
    x6h ^= x1h;

    if (swap < 6) {
      const mask = load<u64>(<usize>swap << 3, SWAP_MASKS);
      const distance = (<u64>1) << swap;
      x1l = swapBits(x1l, mask, distance);
      x1h = swapBits(x1h, mask, distance);
      x3l = swapBits(x3l, mask, distance);
      x3h = swapBits(x3h, mask, distance);
      x5l = swapBits(x5l, mask, distance);
      x5h = swapBits(x5h, mask, distance);
      x7l = swapBits(x7l, mask, distance);
      x7h = swapBits(x7h, mask, distance);
      swap++;
    } else {
      t = x1l;
      x1l = x1h;
      x1h = t;
      t = x3l;
      x3l = x3h;
      x3h = t;
      t = x5l;
      x5l = x5h;
      x5h = t;
      t = x7l;
      x7l = x7h;
      x7h = t;
      swap = 0;
    }
  }

  store<u64>(state, x0l);
  store<u64>(state, x0h, 8);
  store<u64>(state, x1l, 16);
  store<u64>(state, x1h, 24);
  store<u64>(state, x2l, 32);
  store<u64>(state, x2h, 40);
  store<u64>(state, x3l, 48);
  store<u64>(state, x3h, 56);
  store<u64>(state, x4l, 64);
  store<u64>(state, x4h, 72);
  store<u64>(state, x5l, 80);
  store<u64>(state, x5h, 88);
  store<u64>(state, x6l, 96);
  store<u64>(state, x6h, 104);
  store<u64>(state, x7l, 112);
  store<u64>(state, x7h, 120);
}

function permute(): void {
  if (ASC_FEATURE_SIMD) permuteVectors();
  else permuteWords();
}

/** F8: the block goes into the first half before the permutation and into the second half after it. */
function compress(block: usize): void {
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) store<u64>(state + i, load<u64>(state + i) ^ load<u64>(block + i));
  permute();
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) {
    store<u64>(state + i, load<u64>(state + i, 64) ^ load<u64>(block + i), 64);
  }
}

export function jh512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 128);
  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) compress(input + hashed);

  // The length never shares a block with message bytes.
  const tail = length - hashed;
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0x80);
  if (tail != 0) {
    compress(lastBlock);
    clear(lastBlock, BLOCK_SIZE);
  }
  store<u64>(lastBlock, bswap<u64>(<u64>length << 3), 56);
  compress(lastBlock);
  copyWords(output, state + 64, 64);
}
