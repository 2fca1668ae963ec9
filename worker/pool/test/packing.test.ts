import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EncodedPublicKey, ExportedKey, SignatureCheck, Signer } from "../../bls/index.ts";
import {
  KeyNames,
  packChecks,
  packExportedKeys,
  packKeys,
  unpackChecks,
  unpackExportedKeys,
  unpackKeys,
} from "../packing.ts";

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const scheme = fc.constantFrom("basic" as const, "legacy" as const);
const key: fc.Arbitrary<EncodedPublicKey> = fc.record({ bytes: bytes(48), scheme });
const signer: fc.Arbitrary<Signer> = fc.oneof(
  fc.record({ kind: fc.constant("single" as const), publicKey: key }),
  fc.record({ kind: fc.constant("secureAggregate" as const), publicKeys: fc.array(key, { maxLength: 9 }) }),
);
const check: fc.Arbitrary<SignatureCheck> = fc.record({
  scheme,
  message: bytes(32),
  signature: bytes(96),
  signer,
});
const exportedKey: fc.Arbitrary<ExportedKey> = fc.record({ basic: bytes(48), exported: bytes(128) });

describe("packing", () => {
  it("gives back keys, checks and exported keys as they were", () => {
    fc.assert(
      fc.property(
        fc.array(key),
        fc.array(check),
        fc.array(fc.option(exportedKey, { nil: undefined })),
        (keys, checks, exported) => {
          expect(unpackKeys(packKeys(keys))).toEqual(keys);
          expect(unpackChecks(packChecks(checks, new KeyNames()).packed)).toEqual(checks);
          expect(unpackExportedKeys(packExportedKeys(exported), exported.length)).toEqual(exported);
        },
      ),
      { seed: 1 },
    );
  });

  it("takes a key that signs often once", () => {
    const publicKey = { bytes: new Uint8Array(48).fill(7), scheme: "basic" as const };
    const one: SignatureCheck = {
      scheme: "basic",
      message: new Uint8Array(32),
      signature: new Uint8Array(96),
      signer: { kind: "single", publicKey },
    };
    const copied = { ...publicKey, bytes: publicKey.bytes.slice() };
    const legacy = { ...publicKey, scheme: "legacy" as const };
    const signed = (key: EncodedPublicKey) => ({
      ...one,
      signer: { kind: "single" as const, publicKey: key },
    });
    const sizeOf = (checks: SignatureCheck[]) => packChecks(checks, new KeyNames()).packed.keys.length;
    expect(sizeOf([one, one, signed(copied)])).toBe(49);
    expect(sizeOf([one, signed(legacy), one])).toBe(2 * 49);
  });
});
