// The module's exports. The caller writes below `capacity` bytes at `buffer`, calls, and reads the result there.
// The chain of X11: Dash Core 23.1.2 src/hash_x11.h.
import { initAes } from "./aes";
import { blake512 } from "./blake512";
import { bmw512 } from "./bmw512";
import { copyWords } from "./bytes";
import { cubehash512 } from "./cubehash512";
import { echo512 } from "./echo512";
import { groestl512, initGroestl } from "./groestl512";
import { jh512 } from "./jh512";
import { keccak512 } from "./keccak512";
import { luffa512 } from "./luffa512";
import { shavite512 } from "./shavite512";
import { simd512 } from "./simd512";
import { initSimd } from "./simd512Expansion";
import { skein512 } from "./skein512";

const HEADER_SIZE: usize = 80;

/** Size of the buffer; the interface documents it as its limit. */
export const capacity: i32 = 65536;
/** Address of the buffer. */
export const buffer: usize = memory.data(65536, 16);

const chained: usize = memory.data(64, 16);

initAes();
initGroestl();
initSimd();

function hashChain(input: usize, length: usize, output: usize): void {
  blake512(input, length, chained);
  for (let number = 1; number < 11; number++) hashStage(number, chained, 64, chained);
  copyWords(output, chained, 32);
}

function hashStage(number: i32, input: usize, length: usize, output: usize): void {
  switch (number) {
    case 0: return blake512(input, length, output);
    case 1: return bmw512(input, length, output);
    case 2: return groestl512(input, length, output);
    case 3: return skein512(input, length, output);
    case 4: return jh512(input, length, output);
    case 5: return keccak512(input, length, output);
    case 6: return luffa512(input, length, output);
    case 7: return cubehash512(input, length, output);
    case 8: return shavite512(input, length, output);
    case 9: return simd512(input, length, output);
    case 10: return echo512(input, length, output);
  }
}

/** X11 of the first `length` bytes of the buffer; 32 bytes replace them. */
export function x11(length: usize): void {
  hashChain(buffer, length, buffer);
}

/** X11 of `count` headers of 80 bytes; 32 bytes each replace them, densely: no hash reaches an unread header. */
export function x11Headers(count: usize): void {
  for (let i: usize = 0; i < count; i++) hashChain(buffer + i * HEADER_SIZE, HEADER_SIZE, buffer + (i << 5));
}

/** One function of the chain alone, for tests: `number` counts from 0 (blake512); 64 bytes replace the input. */
export function stage(number: i32, length: usize): void {
  hashStage(number, buffer, length, buffer);
}
