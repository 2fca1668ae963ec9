import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hash256, sha256d } from "../../../worker/wire/hashes.ts";
import { computeMerkleRoot } from "../../../worker/wire/merkle.ts";
import { MerkleRoots } from "../consensus/merkleRoots.ts";

/** Leaves are compared by identity, so each number has one. */
const LEAVES: readonly Hash256[] = Array.from({ length: 64 }, (_, i) => sha256d(Uint8Array.of(i)));
const lists = fc.array(fc.array(fc.constantFrom(...LEAVES), { maxLength: 40 }), {
  minLength: 2,
  maxLength: 8,
});

describe("merkle roots of one list after the other", () => {
  it("are those of each list alone", () => {
    fc.assert(
      fc.property(lists, (leaves) => {
        const roots = new MerkleRoots();
        for (const each of leaves) expect(roots.rootOf(each)).toEqual(computeMerkleRoot(each).root);
      }),
    );
  });

  it("hold after one leaf was changed, added, or taken away at any place", () => {
    const list = LEAVES.slice(0, 21);
    const extra = LEAVES[63] as Hash256;
    for (let i = 0; i <= list.length; i++) {
      for (const [removed, added] of [
        [1, [extra]],
        [0, [extra]],
        [1, []],
      ] as const) {
        const roots = new MerkleRoots();
        roots.rootOf(list);
        const changed = list.toSpliced(i, removed, ...added);
        expect(roots.rootOf(changed), `${i} ${removed}`).toEqual(computeMerkleRoot(changed).root);
        expect(roots.rootOf(list)).toEqual(computeMerkleRoot(list).root);
      }
    }
  });
});
