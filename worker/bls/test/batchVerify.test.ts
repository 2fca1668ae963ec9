import { PointG2 } from "@noble/bls12-381";
import { describe, expect, it } from "vitest";
import { makeQuorumSet } from "../../test/quorumSet.ts";
import { createMclBls, createNobleBls, type SignatureCheck } from "../index.ts";
import { ENGINES, flipBit, isValid, message, SCHEMES, secretKeyOf, single } from "./engines.ts";

const [mcl, noble] = ENGINES as [(typeof ENGINES)[number], (typeof ENGINES)[number]];

/** Both signatures of each commitment in turn, of few members: what is looked at is the batch. */
const COMMITMENTS = 64;
const batch = makeQuorumSet(mcl, [{ count: COMMITMENTS, members: 3 }], 20, 1);

function replaced(checks: readonly SignatureCheck[], at: number, by: SignatureCheck): SignatureCheck[] {
  return checks.map((check, i) => (i === at ? by : check));
}

/** A good signature of the same signer, of something else. */
function forgedAt(at: number): SignatureCheck {
  const check = batch[at] as SignatureCheck;
  const other = batch[(at + 2) % batch.length] as SignatureCheck;
  return { ...check, signature: other.signature };
}

describe("a batch of 64 commitments", () => {
  it("is good when all are", async () => {
    expect(await mcl.verify(batch)).toEqual(batch.map(() => true));
  });

  it.each(Array.from({ length: COMMITMENTS }, (_, i) => i))(
    "with a forged one at %i: it alone is rejected",
    async (commitment) => {
      // One of its two signatures, the other, or both.
      const [key, members] = [2 * commitment, 2 * commitment + 1];
      const forged = [[key], [members], [key, members]][commitment % 3] ?? [];
      const checks = forged.reduce((all, at) => replaced(all, at, forgedAt(at)), [...batch]);
      expect(await mcl.verify(checks)).toEqual(batch.map((_, i) => !forged.includes(i)));
    },
  );

  it("with every second one forged: exactly those are rejected", async () => {
    const checks = batch.map((check, i) => (i % 2 ? forgedAt(i) : check));
    expect(await mcl.verify(checks)).toEqual(batch.map((_, i) => i % 2 === 0));
  });
});

describe.each(ENGINES)("a batch on $engine", (bls) => {
  const few = batch.slice(0, 6);

  it("of nothing", async () => {
    expect(await bls.verify([])).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5])("with a forged one at %i: it alone is rejected", async (at) => {
    expect(await bls.verify(replaced(few, at, forgedAt(at)))).toEqual(few.map((_, i) => i !== at));
  });

  it("rejects errors that cancel each other out, in one message and over two", async () => {
    const shift = PointG2.BASE.multiply(12345n);
    const shifted = (check: SignatureCheck, by: PointG2): SignatureCheck => ({
      ...check,
      signature: Uint8Array.from(
        Buffer.from(PointG2.fromSignature(check.signature).add(by).toHex(true), "hex"),
      ),
    });
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 4],
    ] as const) {
      const up = replaced(few, a, shifted(few[a] as SignatureCheck, shift));
      const checks = replaced(up, b, shifted(few[b] as SignatureCheck, shift.negate()));
      expect(await bls.verify(checks)).toEqual(few.map((_, i) => i !== a && i !== b));
    }
  });

  it("rejects signatures that are swapped within a message", async () => {
    const [key, members, ...rest] = few as [SignatureCheck, SignatureCheck, ...SignatureCheck[]];
    const swapped = [
      { ...key, signature: members.signature },
      { ...members, signature: key.signature },
    ];
    expect(await bls.verify([...swapped, ...rest])).toEqual([false, false, ...rest.map(() => true)]);
  });

  it("judges what is no point beside what is, and the others all the same", async () => {
    const [first, second, third] = few as [SignatureCheck, SignatureCheck, SignatureCheck];
    const checks: SignatureCheck[] = [
      { ...first, signature: flipBit(first.signature, 0) },
      second,
      { ...third, signer: single({ bytes: new Uint8Array(48), scheme: "basic" }) },
      { ...second, signer: { kind: "secureAggregate", publicKeys: [] } },
      first,
    ];
    expect(await bls.verify(checks)).toEqual([false, true, false, false, true]);
  });

  it("judges the same message under both schemes apart", async () => {
    const secret = secretKeyOf(77n);
    const checks = SCHEMES.map((scheme): SignatureCheck => {
      const signer = single({ bytes: bls.publicKey(secret, scheme), scheme });
      return { scheme, message: message(9), signature: bls.sign(secret, message(9), scheme), signer };
    });
    const crossed = checks.map((check, i) => ({ ...check, scheme: SCHEMES[1 - i] ?? "basic" }));
    expect(await bls.verify([...checks, ...crossed])).toEqual([true, true, false, false]);
  });

  it("rejects a key that is the identity", async () => {
    const [check] = few as [SignatureCheck];
    const secret = 99n;
    const order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
    const publicKeys = [secret, order - secret].map((value) => ({
      bytes: bls.publicKey(secretKeyOf(value), "basic"),
      scheme: "basic" as const,
    }));
    const sum = bls.aggregatePublicKeys(publicKeys, "basic");
    expect(sum?.[0]).toBe(0xc0);
    expect(
      await isValid(bls, { ...check, signer: single({ bytes: sum ?? new Uint8Array(), scheme: "basic" }) }),
    ).toBe(false);
  });
});

describe("keys that another thread decoded", () => {
  it.each([mcl, noble])("are taken over by $engine", async (bls) => {
    const keys = batch.slice(0, 4).flatMap(({ signer }) => ("publicKeys" in signer ? signer.publicKeys : []));
    const [garbage] = bls.exportPublicKeys([{ bytes: new Uint8Array(48).fill(0xff), scheme: "basic" }]);
    expect(garbage).toBeUndefined();
    const exported = bls.exportPublicKeys(keys).filter((key) => key !== undefined);
    expect(exported.length).toBe(keys.length);
    const fresh = bls === mcl ? await createMclBls() : createNobleBls();
    const sent = exported.map((key) => ({ basic: key.basic.slice(), exported: key.exported.slice() }));
    fresh.learnPublicKeys(sent);
    // The engine has copies: what it was given is part of a message that should not stay in memory.
    for (const key of sent) for (const part of [key.basic, key.exported]) part.fill(0);
    expect(await fresh.verify(batch.slice(0, 4))).toEqual([true, true, true, true]);
  });

  it("are what counts from then on: a wrong form of a key makes its signatures fail", async () => {
    const [fresh, check] = [await createMclBls(), batch[0] as SignatureCheck];
    const keyOf = ({ signer }: SignatureCheck) => ("publicKey" in signer ? [signer.publicKey] : []);
    const [right, wrong] = mcl.exportPublicKeys([check, batch[2] as SignatureCheck].flatMap(keyOf));
    if (!right || !wrong) throw new Error("no keys");
    fresh.learnPublicKeys([{ basic: right.basic, exported: wrong.exported }]);
    expect(await fresh.verify([check])).toEqual([false]);
  });
});
