import { bytesToHex } from "@noble/hashes/utils.js";
import { type Bls, convertPublicKey } from "../../worker/bls/index.ts";
import { type QuorumHash, toHashHex } from "../../worker/wire/hashes.ts";
import type { Dice } from "./dice.ts";

export interface KeyPair {
  /** 32 bytes, big-endian */
  readonly secretKey: Uint8Array;
  /** 48 bytes, basic encoding */
  readonly publicKey: Uint8Array;
}

/** Every secret of the network: those of the operators and those the quorums' members share. */
export class Keyring {
  readonly bls: Bls;
  readonly #dice: Dice;
  readonly #operatorKeys = new Map<string, KeyPair>();
  readonly #quorumKeys = new Map<string, KeyPair>();

  /** @param operatorKeys - made before, by another keyring with these dice */
  constructor(bls: Bls, dice: Dice, operatorKeys: readonly KeyPair[] = []) {
    this.bls = bls;
    this.#dice = dice;
    for (const key of operatorKeys) this.#operatorKeys.set(bytesToHex(key.publicKey), key);
  }

  get operatorKeys(): KeyPair[] {
    return [...this.#operatorKeys.values()];
  }

  /** @param label - names the key; the same one gives the same key */
  operatorKey(label: string): KeyPair {
    const key = this.#make("operator", label);
    this.#operatorKeys.set(bytesToHex(key.publicKey), key);
    return key;
  }

  /** @param pubKeyOperator - as a masternode of that version registered it */
  operatorSecret(pubKeyOperator: Uint8Array, version: number): Uint8Array {
    const scheme = version === 1 ? "legacy" : "basic";
    const basic = convertPublicKey({ bytes: pubKeyOperator, scheme }, "basic");
    const key = basic && this.#operatorKeys.get(bytesToHex(basic));
    if (key === undefined) throw new Error("an operator key that nobody here made");
    return key.secretKey;
  }

  quorumKey(llmqType: number, quorumHash: QuorumHash): KeyPair {
    const label = `${llmqType} ${toHashHex(quorumHash)}`;
    const known = this.#quorumKeys.get(label);
    if (known !== undefined) return known;
    const key = this.#make("quorum", label);
    this.#quorumKeys.set(label, key);
    return key;
  }

  #make(kind: string, label: string): KeyPair {
    const secretKey = this.#dice.bytes(kind, label);
    // The group order begins with 0x73: two bits less make any 32 bytes a key.
    secretKey[0] = (secretKey[0] ?? 0) & 0x3f;
    return { secretKey, publicKey: this.bls.publicKey(secretKey, "basic") };
  }
}
