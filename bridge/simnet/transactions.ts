import { convertPublicKey } from "../../worker/bls/index.ts";
import { encode } from "../../worker/wire/codec.ts";
import { type FinalCommitment, quorumCommitmentPayload } from "../../worker/wire/finalCommitment.ts";
import {
  type Duffs,
  equalBytes,
  type Height,
  isZero,
  sha256d,
  type Txid,
  ZERO_HASH,
} from "../../worker/wire/hashes.ts";
import type { Service } from "../../worker/wire/netInfo.ts";
import { MnType, SmlEntryVersion } from "../../worker/wire/smlEntry.ts";
import {
  encodeSpecialPayload,
  type PlatformFields,
  type ProRegTx,
  proUpRevTx,
  proUpServTx,
  type SpecialPayload,
} from "../../worker/wire/specialTx.ts";
import {
  computeTxid,
  type Outpoint,
  outpoint,
  type Transaction,
  type TxOutput,
  TxType,
} from "../../worker/wire/tx.ts";
import type { Masternode } from "./consensus/masternodes.ts";
import type { Dice } from "./dice.ts";
import type { Keyring } from "./keyring.ts";

export const DUFFS_PER_DASH: Duffs = 100_000_000n;
const FEE: Duffs = 1_000n;
const COLLATERAL: Duffs = 1_000n * DUFFS_PER_DASH;
const EVO_COLLATERAL: Duffs = 4_000n * DUFFS_PER_DASH;
/** Coins worth less are left alone. */
export const LEAST_COIN: Duffs = DUFFS_PER_DASH;
const PAYMENT: Duffs = DUFFS_PER_DASH / 10n;
const FINAL_SEQUENCE = 0xffffffff;
const PLATFORM_P2P_PORT = 26656;
const PLATFORM_HTTP_PORT = 443;
const CORE_PORT = 9999;
/** Length of a pay-to-key-hash input's script: signature and public key. */
const SCRIPT_SIG_SIZE = 107;

/** Money that can be spent. */
export interface Coin {
  readonly outpoint: Outpoint;
  readonly value: Duffs;
}

/** The coins of everyone, as one wallet. Immutable; the oldest coin is spent first. */
export class Wallet {
  readonly coins: readonly Coin[];

  constructor(coins: readonly Coin[]) {
    this.coins = coins;
  }

  /** @returns the oldest coins that are worth at least so much each, `count` at most, one at least */
  take(value: Duffs, count = 1): readonly [Coin, ...Coin[]] {
    const [first, ...more] = this.coins.filter((coin) => coin.value >= value).slice(0, count);
    if (first === undefined) throw new Error(`the simulated wallet has no coin of ${value} duffs`);
    return [first, ...more];
  }

  with(coin: Coin): Wallet {
    return new Wallet([...this.coins, coin]);
  }

  /** What is left after a transaction, its change included: the last output, as the makers below arrange it. */
  after(tx: Transaction): Wallet {
    const index = tx.outputs.length - 1;
    const change = tx.outputs[index];
    if (change === undefined) return this;
    const rest = this.coins.filter(
      (coin) => !tx.inputs.some(({ prevOut }) => isSameOutpoint(prevOut, coin.outpoint)),
    );
    return new Wallet([...rest, { outpoint: { txid: computeTxid(tx), index }, value: change.value }]);
  }

  has(outpointWanted: Outpoint): boolean {
    return this.coins.some(({ outpoint: each }) => isSameOutpoint(each, outpointWanted));
  }
}

function isSameOutpoint(a: Outpoint, b: Outpoint): boolean {
  return a.index === b.index && equalBytes(a.txid, b.txid);
}

/** What no two masternodes share, and the encoding of the operator's key. */
type Identity = Pick<ProRegTx, "version" | "netInfo" | "keyIDOwner" | "pubKeyOperator" | "keyIDVoting">;

/**
 * Makes the transactions of a simulated network. Operators' BLS signatures are real; scripts and the owners' ECDSA
 * signatures are only shaped like real ones, since nobody here evaluates scripts.
 */
export class TransactionMaker {
  readonly #dice: Dice;
  readonly #keyring: Keyring;

  constructor(dice: Dice, keyring: Keyring) {
    this.#dice = dice;
    this.#keyring = keyring;
  }

  /** @param label - distinguishes payments from each other */
  payment(coins: readonly Coin[], label: string): Transaction {
    return this.#spend(coins, [{ value: PAYMENT, scriptPubKey: this.script(label) }], label);
  }

  /** The collateral is its first output. */
  register(wallet: Wallet, ordinal: number, isEvo: boolean, isLegacy: boolean): Transaction {
    const label = `masternode ${ordinal}`;
    const version = isLegacy ? SmlEntryVersion.legacyBls : SmlEntryVersion.basicBls;
    return this.#register(wallet, label, isEvo, {
      version,
      netInfo: this.#service(label),
      keyIDOwner: this.#keyId("owner", label),
      pubKeyOperator: this.#operatorKey(label, version),
      keyIDVoting: this.#keyId("voting", label),
    });
  }

  /** With all the keys it had when it left, and the address if it had one. */
  registerAgain(wallet: Wallet, left: Masternode, height: Height): Transaction {
    const label = `again ${left.id} ${height}`;
    const { isEvo, version, netInfo, keyIDOwner, pubKeyOperator, keyIDVoting } = left;
    return this.#register(wallet, label, isEvo, {
      version,
      netInfo: isZero(netInfo.address) ? this.#service(label) : netInfo,
      keyIDOwner,
      pubKeyOperator,
      keyIDVoting,
    });
  }

  #register(wallet: Wallet, label: string, isEvo: boolean, identity: Identity): Transaction {
    const value = isEvo ? EVO_COLLATERAL : COLLATERAL;
    const [coin] = wallet.take(value + FEE);
    return this.#special([coin], label, [{ value, scriptPubKey: this.script(label) }], (inputsHash) => ({
      type: TxType.proRegTx,
      payload: {
        ...identity,
        type: isEvo ? MnType.evo : MnType.regular,
        mode: 0,
        collateralOutpoint: { txid: ZERO_HASH as Txid, index: 0 },
        operatorReward: 0,
        scriptPayout: this.script(`payout ${label}`),
        inputsHash,
        platform: isEvo ? this.#platform(label) : undefined,
        sig: new Uint8Array(),
      },
    }));
  }

  /** A new address, and the way out of a ban. */
  updateService(coin: Coin, masternode: Masternode, height: Height): Transaction {
    const label = `service ${masternode.id} ${height}`;
    return this.#special([coin], label, [], (inputsHash) => {
      const unsigned = {
        version: masternode.version,
        type: masternode.isEvo ? MnType.evo : MnType.regular,
        proTxHash: masternode.proRegTxHash,
        netInfo: this.#service(label),
        scriptOperatorPayout: new Uint8Array(),
        inputsHash,
        platform: masternode.isEvo ? this.#platform(label) : undefined,
        sig: new Uint8Array(96),
      };
      const sig = this.#operatorSignature(masternode, encode(proUpServTx, unsigned));
      return { type: TxType.proUpServTx, payload: { ...unsigned, sig } };
    });
  }

  updateVoting(coin: Coin, masternode: Masternode, height: Height): Transaction {
    const label = `voting ${masternode.id} ${height}`;
    const { version, pubKeyOperator } = masternode;
    return this.#updateRegistrar(coin, masternode, label, version, pubKeyOperator);
  }

  changeOperator(coin: Coin, masternode: Masternode, height: Height): Transaction {
    const label = `operator ${masternode.id} ${height}`;
    const version = SmlEntryVersion.basicBls;
    return this.#updateRegistrar(coin, masternode, label, version, this.#operatorKey(label, version));
  }

  revoke(coin: Coin, masternode: Masternode, height: Height): Transaction {
    return this.#special([coin], `revoke ${masternode.id} ${height}`, [], (inputsHash) => {
      const { version, proRegTxHash } = masternode;
      const unsigned = { version, proTxHash: proRegTxHash, reason: 1, inputsHash, sig: new Uint8Array(96) };
      const sig = this.#operatorSignature(masternode, encode(proUpRevTx, unsigned));
      return { type: TxType.proUpRevTx, payload: { ...unsigned, sig } };
    });
  }

  /** Spends the collateral, which ends the masternode. */
  leave(masternode: Masternode, height: Height): Transaction {
    const value = masternode.isEvo ? EVO_COLLATERAL : COLLATERAL;
    const coin = { outpoint: masternode.collateralOutpoint, value };
    return this.#spend([coin], [], `leave ${masternode.id} ${height}`);
  }

  /** Mines a commitment: neither inputs nor outputs. */
  commitment(commitment: FinalCommitment, height: Height): Transaction {
    return {
      version: 3,
      type: TxType.quorumCommitment,
      inputs: [],
      outputs: [],
      lockTime: 0,
      extraPayload: encode(quorumCommitmentPayload, { version: 1, height, commitment }),
    };
  }

  /** Pay to key hash. */
  script(label: string): Uint8Array {
    return Uint8Array.of(0x76, 0xa9, 20, ...this.#keyId("script", label), 0x88, 0xac);
  }

  #updateRegistrar(
    coin: Coin,
    masternode: Masternode,
    label: string,
    version: number,
    pubKeyOperator: Uint8Array,
  ): Transaction {
    return this.#special([coin], label, [], (inputsHash) => ({
      type: TxType.proUpRegTx,
      payload: {
        version,
        proTxHash: masternode.proRegTxHash,
        mode: 0,
        pubKeyOperator,
        keyIDVoting: this.#keyId("voting", label),
        scriptPayout: this.script(`payout ${label}`),
        inputsHash,
        sig: this.#bytes(65, "owner signature", label),
      },
    }));
  }

  /** @param outputs - before the change */
  #spend(coins: readonly Coin[], outputs: readonly TxOutput[], label: string): Transaction {
    const total = coins.reduce((sum, { value }) => sum + value, 0n);
    const paid = outputs.reduce((sum, { value }) => sum + value, FEE);
    if (paid > total) throw new Error("the simulated wallet has no coin that large");
    return {
      version: 2,
      type: TxType.normal,
      inputs: coins.map(({ outpoint: prevOut }, i) => ({
        prevOut,
        scriptSig: this.#bytes(SCRIPT_SIG_SIZE, "signature", label, i),
        sequence: FINAL_SEQUENCE,
      })),
      outputs: [...outputs, { value: total - paid, scriptPubKey: this.script(`change ${label}`) }],
      lockTime: 0,
      extraPayload: new Uint8Array(),
    };
  }

  #special(
    coins: readonly Coin[],
    label: string,
    outputs: readonly TxOutput[],
    makePayload: (inputsHash: Uint8Array) => SpecialPayload,
  ): Transaction {
    const inputsHash = sha256d(...coins.map((coin) => encode(outpoint, coin.outpoint)));
    const special = makePayload(inputsHash);
    return {
      ...this.#spend(coins, outputs, label),
      version: 3,
      type: special.type,
      extraPayload: encodeSpecialPayload(special),
    };
  }

  /** Signs what precedes the signature, which is last. */
  #operatorSignature(masternode: Masternode, unsigned: Uint8Array): Uint8Array {
    const { pubKeyOperator, version } = masternode;
    const scheme = version === SmlEntryVersion.legacyBls ? "legacy" : "basic";
    const secretKey = this.#keyring.operatorSecret(pubKeyOperator, version);
    return this.#keyring.bls.sign(secretKey, sha256d(unsigned.subarray(0, -96)), scheme);
  }

  #operatorKey(label: string, version: number): Uint8Array {
    const { publicKey } = this.#keyring.operatorKey(label);
    if (version !== SmlEntryVersion.legacyBls) return publicKey;
    const legacy = convertPublicKey({ bytes: publicKey, scheme: "basic" }, "legacy");
    if (legacy === undefined) throw new Error("a key of our own does not convert");
    return legacy;
  }

  /** IPv4 in its IPv6 form. */
  #service(label: string): Service {
    const address = new Uint8Array(16);
    address.set([0xff, 0xff, 52, ...this.#bytes(3, "address", label)], 10);
    return { address, port: CORE_PORT };
  }

  #platform(label: string): PlatformFields {
    return {
      platformNodeID: this.#keyId("node", label),
      platformP2PPort: PLATFORM_P2P_PORT,
      platformHTTPPort: PLATFORM_HTTP_PORT,
    };
  }

  #keyId(kind: string, label: string): Uint8Array {
    return this.#bytes(20, kind, label);
  }

  #bytes(size: number, ...labels: readonly (string | number)[]): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 32) {
      bytes.set(this.#dice.bytes(...labels, at).subarray(0, Math.min(32, size - at)), at);
    }
    return bytes;
  }
}
