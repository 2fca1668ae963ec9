import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createBls } from "../../../worker/bls/index.ts";
import { encode } from "../../../worker/wire/codec.ts";
import {
  type BlockHash,
  isZero,
  sha256d,
  type Txid,
  toHashHex,
  ZERO_HASH,
} from "../../../worker/wire/hashes.ts";
import { makeSmlEntry } from "../../../worker/wire/smlEntry.ts";
import { proUpServTx, readSpecialPayload } from "../../../worker/wire/specialTx.ts";
import { computeTxid, type Transaction, TxType } from "../../../worker/wire/tx.ts";
import { applyBlock } from "../consensus/applyBlock.ts";
import { type Masternode, MasternodeList } from "../consensus/masternodes.ts";
import { Dice } from "../dice.ts";
import { Keyring } from "../keyring.ts";
import { DUFFS_PER_DASH, TransactionMaker, Wallet } from "../transactions.ts";

let bls: Bls;
let maker: TransactionMaker;
let list: MasternodeList;
let height: number;
const wallet = new Wallet([
  { outpoint: { txid: ZERO_HASH as Txid, index: 7 }, value: 5_000n * DUFFS_PER_DASH },
]);
const [coin] = wallet.take(1n);

beforeAll(async () => {
  bls = await createBls();
});

/** A list with the masternode of one registration, confirmed. */
function register(isEvo: boolean, isLegacy: boolean): Masternode {
  const dice = new Dice("masternodes");
  maker = new TransactionMaker(dice, new Keyring(bls, dice));
  list = new MasternodeList();
  height = 9;
  const tx = maker.register(wallet, 1, isEvo, isLegacy);
  mine(tx);
  mine();
  mine();
  expect(only().proRegTxHash).toEqual(computeTxid(tx));
  return only();
}

function mine(...transactions: Transaction[]): void {
  height++;
  const prevBlockHash = sha256d(Uint8Array.of(height - 1)) as BlockHash;
  list = applyBlock(
    list,
    { height, prevBlockHash, transactions },
    { minimumConfirmations: 1, membersOf: () => [] },
  );
}

function only(): Masternode {
  const [masternode] = list.all;
  if (masternode === undefined) throw new Error("the list is empty");
  return masternode;
}

describe("a masternode", () => {
  it("is confirmed with the hash of the block before, once its registration is one block below that", () => {
    const dice = new Dice("confirm");
    maker = new TransactionMaker(dice, new Keyring(bls, dice));
    list = new MasternodeList();
    height = 9;
    mine(maker.register(wallet, 1, false, false));
    expect(isZero(only().confirmedHash)).toBe(true);
    mine();
    expect(isZero(only().confirmedHash)).toBe(true);
    mine();
    expect(only().confirmedHash).toEqual(sha256d(Uint8Array.of(11)));
    mine();
    expect(only().confirmedHash).toEqual(sha256d(Uint8Array.of(11)));
  });

  it.each([
    { isEvo: false, isLegacy: true, size: 151 },
    { isEvo: false, isLegacy: false, size: 153 },
    { isEvo: true, isLegacy: false, size: 175 },
  ])("has the entry of its kind: $size bytes", ({ isEvo, isLegacy, size }) => {
    const { entry } = register(isEvo, isLegacy);
    expect([entry.version, entry.type, entry.body.length]).toEqual([isLegacy ? 1 : 2, isEvo ? 1 : 0, size]);
    expect(bls.isValidPublicKey({ bytes: entry.pubKeyOperator, scheme: isLegacy ? "legacy" : "basic" })).toBe(
      true,
    );
    expect(makeSmlEntry(entry).body).toEqual(entry.body);
  });

  it("moves with a service update that its operator signed", async () => {
    const before = register(true, false);
    const tx = maker.updateService(coin, before, height + 1);
    mine(tx);
    expect(only().netInfo).not.toEqual(before.netInfo);
    expect(only().platformNodeID).not.toEqual(before.platformNodeID);
    const special = readSpecialPayload(tx);
    if (special?.type !== TxType.proUpServTx) throw new Error("another type");
    const unsigned = encode(proUpServTx, special.payload).subarray(0, -96);
    const [isSigned] = await bls.verify([
      {
        scheme: "basic",
        message: sha256d(unsigned),
        signature: special.payload.sig,
        signer: { kind: "single", publicKey: { bytes: before.pubKeyOperator, scheme: "basic" } },
      },
    ]);
    expect(isSigned).toBe(true);
  });

  it("changes its voting key and nothing else", () => {
    const before = register(false, true);
    mine(maker.updateVoting(coin, before, height + 1));
    expect(only().keyIDVoting).not.toEqual(before.keyIDVoting);
    expect(only().entry.keyIDVoting).toEqual(only().keyIDVoting);
    const { entry, leaf } = before;
    expect({ ...only(), keyIDVoting: before.keyIDVoting, entry, leaf }).toEqual(before);
  });

  it("with a new operator key is banned and without address until the new operator speaks", () => {
    const before = register(true, false);
    mine(maker.changeOperator(coin, before, height + 1));
    const changed = only();
    expect([changed.isValid, changed.poSeBanHeight, changed.version]).toEqual([false, height, 2]);
    expect(changed.pubKeyOperator).not.toEqual(before.pubKeyOperator);
    expect([changed.netInfo.address, changed.netInfo.port]).toEqual([new Uint8Array(16), 0]);
    expect([changed.entry.type, changed.entry.platformHTTPPort, changed.entry.platformNodeID]).toEqual([
      1,
      0,
      new Uint8Array(20),
    ]);
    mine(maker.updateService(coin, changed, height + 1));
    expect([only().isValid, only().poSeBanHeight]).toEqual([true, undefined]);
    expect(only().netInfo.port).not.toBe(0);
  });

  it("when revoked is of version 1, with neither key nor address nor type, and no service update revives it", () => {
    const before = register(true, false);
    mine(maker.revoke(coin, before, height + 1));
    const revoked = only();
    expect(revoked.entry).toMatchObject({
      version: 1,
      type: 0,
      isValid: false,
      pubKeyOperator: new Uint8Array(48),
      platformNodeID: undefined,
    });
    expect([revoked.revocationReason, revoked.entry.body.length]).toEqual([1, 151]);
    mine(maker.updateService(coin, { ...before, version: 2 }, height + 1));
    expect(only().isValid).toBe(false);
  });

  it("a legacy one that gets a new key has a basic key from then on", () => {
    const before = register(false, true);
    mine(maker.changeOperator(coin, before, height + 1));
    expect([before.version, only().version]).toEqual([1, 2]);
    expect(bls.isValidPublicKey({ bytes: only().pubKeyOperator, scheme: "basic" })).toBe(true);
  });

  it("is gone when its collateral is spent", () => {
    mine(maker.leave(register(false, false), height + 1));
    expect(list.all).toEqual([]);
    expect(list.merkleRoot()).toEqual(ZERO_HASH);
  });

  it("a list that did not change keeps its entries", () => {
    register(false, false);
    const before = list;
    mine();
    expect(list.all).toBe(before.all);
    expect(toHashHex(list.merkleRoot())).toBe(toHashHex(before.merkleRoot()));
  });
});
