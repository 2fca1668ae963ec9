import { HEADER_SIZE } from "../wire/header.ts";

const CHUNK_BITS = 12;
const CHUNK_HEADERS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_HEADERS - 1;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Raw headers of consecutive heights. Grows by pieces of 4096, so nothing is copied and little is wasted. */
export class HeaderColumn {
  readonly firstHeight: number;
  readonly #chunks: Chunk[] = [];
  #count = 0;

  constructor(firstHeight: number) {
    this.firstHeight = firstHeight;
  }

  get count(): number {
    return this.#count;
  }

  /** @param header - 80 bytes, copied */
  push(header: Uint8Array): void {
    const index = this.#count++;
    if (index >> CHUNK_BITS === this.#chunks.length) {
      const bytes = new Uint8Array(CHUNK_HEADERS * HEADER_SIZE);
      this.#chunks.push({ bytes, view: new DataView(bytes.buffer) });
    }
    this.#chunkOf(index).bytes.set(header, (index & CHUNK_MASK) * HEADER_SIZE);
  }

  /** Forgets the headers above the first `count`. */
  truncate(count: number): void {
    this.#count = count;
    this.#chunks.length = Math.ceil(count / CHUNK_HEADERS);
  }

  /** @returns a view of 80 bytes */
  headerAt(height: number): Uint8Array {
    return this.#slice(height, 0, HEADER_SIZE);
  }

  /** @returns a view of 32 bytes */
  prevBlockHashAt(height: number): Uint8Array {
    return this.#slice(height, 4, 36);
  }

  timeAt(height: number): number {
    return this.#readU32(height, 68);
  }

  bitsAt(height: number): number {
    return this.#readU32(height, 72);
  }

  #slice(height: number, from: number, to: number): Uint8Array {
    const index = this.#indexOf(height);
    const start = (index & CHUNK_MASK) * HEADER_SIZE;
    return this.#chunkOf(index).bytes.subarray(start + from, start + to);
  }

  #readU32(height: number, offset: number): number {
    const index = this.#indexOf(height);
    return this.#chunkOf(index).view.getUint32((index & CHUNK_MASK) * HEADER_SIZE + offset, true);
  }

  #indexOf(height: number): number {
    const index = height - this.firstHeight;
    if (index < 0 || index >= this.#count) throw new RangeError(`no header at height ${height}`);
    return index;
  }

  #chunkOf(index: number): Chunk {
    return this.#chunks[index >> CHUNK_BITS] as Chunk;
  }
}
