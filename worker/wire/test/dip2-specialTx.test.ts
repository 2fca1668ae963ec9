import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { block } from "../block.ts";
import { readCbTx } from "../cbTx.ts";
import { decode, encode } from "../codec.ts";
import { isZero, toHashHex } from "../hashes.ts";
import { blockHeader } from "../header.ts";
import { computeMerkleRoot, MAX_TRANSACTIONS } from "../merkle.ts";
import {
  assetLock,
  assetUnlock,
  encodeSpecialPayload,
  proRegTx,
  proUpRegTx,
  proUpRevTx,
  proUpServTx,
  readSpecialPayload,
} from "../specialTx.ts";
import { computeTxid, type Transaction, TxType, transaction } from "../tx.ts";
import {
  codeOf,
  countBy,
  decodeBothWays,
  decodeSame,
  factsOf,
  fileRecordings,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
  serviceText,
} from "./recordings.ts";

interface CbTxFacts {
  version: number;
  height: number;
  merkleRootMNList: string;
  merkleRootQuorums?: string | null;
  bestCLHeightDiff?: number;
  bestCLSignature?: string;
  creditPoolBalance?: number;
}

function cbTxFacts(tx: Transaction): CbTxFacts | undefined {
  const payload = readCbTx(tx);
  return (
    payload && {
      version: payload.version,
      height: payload.height,
      merkleRootMNList: toHashHex(payload.merkleRootMNList),
      ...(payload.merkleRootQuorums && { merkleRootQuorums: toHashHex(payload.merkleRootQuorums) }),
      ...(payload.chainLock && {
        bestCLHeightDiff: payload.chainLock.bestCLHeightDiff,
        bestCLSignature: bytesToHex(payload.chainLock.bestCLSignature),
        creditPoolBalance: Number(payload.chainLock.creditPoolBalance),
      }),
    }
  );
}

/** Reads the payload, if there is one, and proves that it encodes to the same bytes. */
function readPayloadBothWays(tx: Transaction, label: string) {
  const special = readSpecialPayload(tx);
  if (special === undefined) {
    expect([TxType.normal, TxType.mnHardForkSignal], label).toContain(tx.type);
    return undefined;
  }
  expect(bytesToHex(encodeSpecialPayload(special)), label).toBe(bytesToHex(tx.extraPayload));
  return special;
}

if (hasVectors("mainnet/blocks")) {
  interface BlockFacts {
    height: number;
    prevBlockHash: string;
    merkleRoot: string;
    time: number;
    bits: string;
    transactions: number;
    txids: string[];
    specialTxTypes: Record<string, number>;
    cbTx: CbTxFacts;
  }

  describe("mainnet/blocks", () => {
    it.each(fileRecordings<BlockFacts>("mainnet/blocks"))(
      "$file decodes to the facts of the manifest",
      (entry) => {
        const payload = readRecording("mainnet/blocks", entry);
        const { header, transactions } = decodeBothWays("block", payload, 70240, entry.file);
        const special = transactions.filter(({ type }) => type !== TxType.normal);
        expect(entry.expected).toMatchObject({
          height: readCbTx(transactions[0] ?? missing())?.height,
          prevBlockHash: toHashHex(header.prevBlockHash),
          merkleRoot: toHashHex(header.merkleRoot),
          time: header.time,
          bits: header.bits.toString(16).padStart(8, "0"),
          transactions: transactions.length,
          txids: transactions.map((tx) => toHashHex(computeTxid(tx))),
          specialTxTypes: countBy(special, ({ type }) => type),
        });
        expect(cbTxFacts(transactions[0] ?? missing())).toEqual(entry.expected.cbTx);
        for (const tx of transactions) readPayloadBothWays(tx, entry.file);
        const { root } = computeMerkleRoot(transactions.map(computeTxid));
        expect(toHashHex(root)).toBe(entry.expected.merkleRoot);
      },
    );
  });
}

function missing(): never {
  throw new Error("missing");
}

if (hasVectors("coinbase")) {
  interface CoinbaseSample {
    tx: string;
    txid: string;
    payload: string;
    decoded: CbTxFacts;
  }

  describe("recorded coinbase transactions", () => {
    const [recording] = fileRecordings("coinbase");
    if (recording === undefined) throw new Error("no vectors");
    const samples = readVectorJson<CoinbaseSample[]>(`coinbase/${recording.file}`);

    it("are the recorded file", () => {
      readRecording("coinbase", recording);
      expect(new Set(samples.map(({ decoded }) => decoded.version))).toEqual(new Set([1, 2, 3]));
    });

    it.each(samples)("$txid has the recorded payload", (sample) => {
      const tx = decodeBothWays("tx", hexToBytes(sample.tx), 70240, sample.txid);
      expect(toHashHex(computeTxid(tx))).toBe(sample.txid);
      expect(bytesToHex(tx.extraPayload)).toBe(sample.payload);
      readPayloadBothWays(tx, sample.txid);
      const { merkleRootQuorums, ...rest } = sample.decoded;
      expect(cbTxFacts(tx)).toEqual({ ...rest, ...(merkleRootQuorums && { merkleRootQuorums }) });
    });
  });
}

if (hasVectors("instantsend")) {
  it("the recorded asset lock transaction has one credit output", () => {
    const file = "instantsend/assetlock_tx_with_isdlock.json";
    const { tx: hex, txid } = readVectorJson<{ tx: string; txid: string }>(file);
    const tx = decodeBothWays("tx", hexToBytes(hex), 70240, txid);
    expect(toHashHex(computeTxid(tx))).toBe(txid);
    const special = readPayloadBothWays(tx, txid);
    expect(
      special?.type === TxType.assetLock && special.payload.creditOutputs.map(({ value }) => value),
    ).toEqual([197_000n]);
  });
}

interface ChainBlock {
  header: string;
  txids?: string[];
  txTypes?: number[];
  cbTx?: CbTxFacts;
  coinbaseHex?: string;
}

interface MinedCommitment {
  minedHeight: number;
  null: boolean;
  version: number;
  llmqType: number;
  quorumHash: string;
  quorumIndex: number;
  signers?: string;
  validMembers?: string;
  quorumPublicKey?: string;
  quorumVvecHash?: string;
  quorumSig?: string;
  membersSig?: string;
}

interface BlockRecording extends Recording {
  readonly height: number;
  readonly txid: string;
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: blocks and transactions`, () => {
    const chain = readVectorJson<ChainBlock[]>(`${scenario}/chain.json`);
    const mined = readVectorJson<MinedCommitment[]>(`${scenario}/commitments.json`);
    const blocks = regtestRecordings(scenario, "block") as BlockRecording[];
    const decoded = blocks.map((entry) => ({
      entry,
      ...decodeBothWays("block", readRecording(scenario, entry), entry.protocolVersion, entry.file),
    }));

    it("every block has the header, transactions and merkle root of the chain", () => {
      expect(decoded.length).toBeGreaterThan(40);
      for (const { entry, header, transactions } of decoded) {
        const expected = chain[entry.height] ?? missing();
        const txids = transactions.map(computeTxid);
        expect(bytesToHex(encode(blockHeader, header)), entry.file).toBe(expected.header);
        expect(txids.map(toHashHex), entry.file).toEqual(expected.txids);
        expect(
          transactions.map(({ type }) => type),
          entry.file,
        ).toEqual(expected.txTypes);
        expect(toHashHex(computeMerkleRoot(txids).root), entry.file).toBe(toHashHex(header.merkleRoot));
      }
    });

    it("every special payload encodes to the same bytes", () => {
      const counts: Record<number, number> = {};
      for (const { entry, transactions } of decoded) {
        for (const tx of transactions) {
          const special = readPayloadBothWays(tx, entry.file);
          if (special) counts[special.type] = (counts[special.type] ?? 0) + 1;
        }
      }
      // Block 1 comes before DIP3, its coinbase is a plain one.
      expect(counts[TxType.coinbase]).toBe(blocks.filter(({ height }) => height > 1).length);
      expect(counts[TxType.quorumCommitment]).toBeGreaterThan(10);
    });

    it("every coinbase of the chain has the payload that the node shows", () => {
      let compared = 0;
      for (const { cbTx, coinbaseHex } of chain) {
        if (cbTx === undefined || coinbaseHex === undefined) continue;
        const { creditPoolBalance, ...facts } =
          cbTxFacts(decodeSame(transaction, hexToBytes(coinbaseHex))) ?? missing();
        const { creditPoolBalance: balance, ...expected } = cbTx;
        expect(facts).toEqual(expected);
        if (balance !== undefined) expect(creditPoolBalance).toBe(Math.round(balance * 1e8));
        compared++;
      }
      expect(compared).toBeGreaterThan(30);
    });

    it("every mined commitment has the values that the node shows", () => {
      for (const { entry, transactions } of decoded) {
        const actual = transactions.flatMap((tx) => {
          const special = readSpecialPayload(tx);
          if (special?.type !== TxType.quorumCommitment) return [];
          expect(special.payload.height, entry.file).toBe(entry.height);
          const { commitment } = special.payload;
          const isNull = isZero(commitment.quorumPublicKey);
          return [
            {
              null: isNull,
              version: commitment.version,
              llmqType: commitment.llmqType,
              quorumHash: toHashHex(commitment.quorumHash),
              quorumIndex: commitment.quorumIndex,
              ...(!isNull && {
                signers: bytesToHex(commitment.signers.bytes),
                validMembers: bytesToHex(commitment.validMembers.bytes),
                quorumPublicKey: bytesToHex(commitment.quorumPublicKey),
                quorumVvecHash: toHashHex(commitment.quorumVvecHash),
                quorumSig: bytesToHex(commitment.quorumSig),
                membersSig: bytesToHex(commitment.membersSig),
              }),
            },
          ];
        });
        const expected = mined.filter(({ minedHeight }) => minedHeight === entry.height);
        expect(actual, entry.file).toHaveLength(expected.length);
        expect(expected, entry.file).toMatchObject(actual);
      }
    });

    it("every recorded transaction has the txid of the manifest", () => {
      const transactions = regtestRecordings(scenario, "tx") as BlockRecording[];
      expect(transactions.length).toBeGreaterThan(30);
      for (const entry of transactions) {
        const tx = decodeBothWays("tx", readRecording(scenario, entry), entry.protocolVersion, entry.file);
        expect(toHashHex(computeTxid(tx)), entry.file).toBe(entry.txid);
        readPayloadBothWays(tx, entry.file);
      }
    });
  });
}

const hash = (byte: string) => byte.repeat(32);
const outpoint = `${hash("c0")}01000000`;
const address = `${"00".repeat(10)}ffff7f000001270f`;
const extended = "010100010101047f000001270f";
const owner = "0a".repeat(20);
const operator = "0b".repeat(48);
const voting = "0c".repeat(20);
const script = `19${"76".repeat(25)}`;
const platform = "0d".repeat(20);
const blsSig = "0e".repeat(96);
const ecdsaSig = `41${"0f".repeat(65)}`;
const ports = "2068bb01";

/** Payloads by hand, field by field in the order of protocol/wire.md 8.1. */
describe("ProRegTx", () => {
  const head = (version: string, type: string) => `${version}${type}0000${outpoint}`;
  const keys = `${owner}${operator}${voting}e803${script}${hash("1a")}`;

  it.each([
    ["of version 1", `${head("0100", "0000")}${address}${keys}00`, undefined],
    [
      "of version 2, regular, with a signature",
      `${head("0200", "0000")}${address}${keys}${ecdsaSig}`,
      undefined,
    ],
    ["of version 2, Evo", `${head("0200", "0100")}${address}${keys}${platform}${ports}00`, [26656, 443]],
    ["of version 3, Evo", `${head("0300", "0100")}${extended}${keys}${platform}00`, [undefined, undefined]],
    ["of version 3, regular", `${head("0300", "0000")}${extended}${keys}00`, undefined],
  ])("%s decodes and encodes", (_, hex, expectedPorts) => {
    const payload = decodeSame(proRegTx, hexToBytes(hex));
    expect(payload.operatorReward).toBe(1000);
    expect(toHashHex(payload.inputsHash)).toBe(hash("1a"));
    expect(bytesToHex(payload.keyIDOwner)).toBe(owner);
    expect(payload.collateralOutpoint.index).toBe(1);
    expect("address" in payload.netInfo ? serviceText(payload.netInfo) : "").toBe(
      payload.version === 3 ? "" : "127.0.0.1:9999",
    );
    expect(payload.platform && [payload.platform.platformP2PPort, payload.platform.platformHTTPPort]).toEqual(
      expectedPorts,
    );
  });

  it.each(["0000", "0400"])("of version %s is refused", (version) => {
    expect(codeOf(() => decode(proRegTx, hexToBytes(`${head(version, "0000")}${address}${keys}00`)))).toBe(
      "wire/unsupported-version",
    );
  });
});

describe("ProUpServTx", () => {
  const rest = `00${hash("1a")}`;

  it.each([
    ["of version 1, which has no type", `0100${hash("1b")}${address}${rest}${blsSig}`, 0],
    ["of version 2, regular", `02000000${hash("1b")}${address}${rest}${blsSig}`, 0],
    ["of version 2, Evo", `02000100${hash("1b")}${address}${rest}${platform}${ports}${blsSig}`, 1],
    ["of version 3, Evo", `03000100${hash("1b")}${extended}${rest}${platform}${blsSig}`, 1],
  ])("%s decodes and encodes", (_, hex, type) => {
    const payload = decodeSame(proUpServTx, hexToBytes(hex));
    expect(payload.type).toBe(type);
    expect(bytesToHex(payload.proTxHash)).toBe(hash("1b"));
    expect(bytesToHex(payload.sig)).toBe(blsSig);
    expect(payload.platform !== undefined).toBe(type === 1);
  });

  it("of version 4 is refused", () => {
    const hex = `04000000${hash("1b")}${address}${rest}${blsSig}`;
    expect(codeOf(() => decode(proUpServTx, hexToBytes(hex)))).toBe("wire/unsupported-version");
  });
});

describe("ProUpRegTx and ProUpRevTx", () => {
  it.each(["0100", "0200", "0300"])("of version %s decode and encode", (version) => {
    const registrar = `${version}${hash("1b")}0000${operator}${voting}${script}${hash("1a")}${ecdsaSig}`;
    expect(bytesToHex(decodeSame(proUpRegTx, hexToBytes(registrar)).pubKeyOperator)).toBe(operator);
    const revocation = `${version}${hash("1b")}0300${hash("1a")}${blsSig}`;
    expect(decodeSame(proUpRevTx, hexToBytes(revocation)).reason).toBe(3);
  });

  it("of version 0 are refused", () => {
    expect(codeOf(() => decode(proUpRegTx, new Uint8Array(200)))).toBe("wire/unsupported-version");
    expect(codeOf(() => decode(proUpRevTx, new Uint8Array(200)))).toBe("wire/unsupported-version");
  });
});

describe("asset lock and unlock", () => {
  it("decode and encode", () => {
    const lock = decodeSame(assetLock, hexToBytes(`0101${"8801030000000000"}${script}`));
    expect(lock.creditOutputs.map(({ value }) => value)).toEqual([0x30188n]);
    const unlock = decodeSame(
      assetUnlock,
      hexToBytes(`01${"0700000000000000"}${"e8030000"}${"10000000"}${hash("1c")}${blsSig}`),
    );
    expect(unlock).toMatchObject({ index: 7n, fee: 1000, requestedHeight: 16 });
  });

  it("of another version are refused", () => {
    expect(codeOf(() => decode(assetLock, hexToBytes("0200")))).toBe("wire/unsupported-version");
    expect(codeOf(() => decode(assetUnlock, new Uint8Array(200)))).toBe("wire/unsupported-version");
  });
});

describe("a transaction", () => {
  const base = { inputs: [], outputs: [], lockTime: 0, extraPayload: new Uint8Array(0) };

  it.each([
    [
      TxType.proRegTx,
      `02000000${"0000"}${outpoint}${address}${owner}${operator}${voting}0000${script}${hash("1a")}00`,
    ],
    [TxType.proUpServTx, `02000000${hash("1b")}${address}00${hash("1a")}${blsSig}`],
    [TxType.proUpRegTx, `0200${hash("1b")}0000${operator}${voting}${script}${hash("1a")}00`],
    [TxType.proUpRevTx, `0200${hash("1b")}0000${hash("1a")}${blsSig}`],
    [TxType.coinbase, `0100e8030000${hash("1a")}`],
    [TxType.assetLock, "0100"],
    [TxType.assetUnlock, `01${"00".repeat(16)}${hash("1c")}${blsSig}`],
    [TxType.quorumCommitment, `0100e8030000${"03006a"}${hash("1a")}${"0301".repeat(2)}${"00".repeat(272)}`],
  ])("of type %i has its payload at its end", (type, payload) => {
    const tx = { ...base, version: 3, type, extraPayload: hexToBytes(payload) };
    const decoded = decode(transaction, encode(transaction, tx));
    expect(decoded).toEqual(tx);
    expect(readPayloadBothWays(decoded, "")?.type).toBe(type);
  });

  it("of version 2 or type 0 has no payload on the wire", () => {
    for (const fields of [
      { version: 2, type: TxType.coinbase },
      { version: 3, type: TxType.normal },
    ]) {
      const tx = { ...base, ...fields };
      expect(encode(transaction, tx)).toHaveLength(10);
      expect(decode(transaction, encode(transaction, tx))).toEqual(tx);
      expect(readSpecialPayload(tx)).toBeUndefined();
      expect(readCbTx(tx)).toBeUndefined();
    }
  });

  it("of a type we do not read keeps its payload", () => {
    const tx = { ...base, version: 3, type: TxType.mnHardForkSignal, extraPayload: hexToBytes("0102") };
    expect(decode(transaction, encode(transaction, tx))).toEqual(tx);
    expect(readSpecialPayload(tx)).toBeUndefined();
  });

  it("with a payload of more than 10 000 bytes is refused", () => {
    const tx = { ...base, version: 3, type: TxType.mnHardForkSignal, extraPayload: new Uint8Array(10_001) };
    expect(codeOf(() => decode(transaction, encode(transaction, tx)))).toBe("wire/oversized");
    const most = { ...tx, extraPayload: new Uint8Array(10_000) };
    expect(decode(transaction, encode(transaction, most)).extraPayload).toHaveLength(10_000);
  });

  it("with bytes behind its payload is refused", () => {
    const tx = {
      ...base,
      version: 3,
      type: TxType.coinbase,
      extraPayload: hexToBytes(`0100e8030000${hash("1a")}00`),
    };
    expect(codeOf(() => readSpecialPayload(tx))).toBe("wire/trailing-bytes");
    expect(codeOf(() => readCbTx(tx))).toBe("wire/trailing-bytes");
  });
});

describe("a block", () => {
  it("of more transactions than two million bytes can hold is refused", () => {
    const count = MAX_TRANSACTIONS + 1;
    const bytes = new Uint8Array(80 + 3 + count * 10);
    bytes.set([0xfd, count & 0xff, count >> 8], 80);
    expect(factsOf(() => decode(block, bytes))).toEqual({
      code: "wire/oversized",
      what: "transactions",
      size: count,
      limit: MAX_TRANSACTIONS,
    });
  });
});

/** Mainnet 2 221 605. Source: protocol/wire.md 12 */
describe("the coinbase of a recorded diff", () => {
  const COINBASE =
    "03000500010000000000000000000000000000000000000000000000000000000000000000ffffffff300325e6211a2f5669614254432f4d696e65642062792037753634693470672f1052f06500392282a1bce778bf27b90500ffffffff0355d1d702000000001976a914bc89d6071dabc5b4494d303af761a052a5c70d5788acf122320300000000016a0e515505000000001976a9142dfafa7e2e7e2a73170e965317656055e561fcb288ac00000000af030025e62100bd79ee4c870a82226a544f8d185fd2a6c3393793823ff936988631f8e4b72e8c9db3c9cc614288ac463469d5321654f95ccdfb621412602f9344237cc0fb42fd00a0d937e0f20e565989dd8814091af45b88b4158f1c8dccfe1a89bd0958b4359ea4cdede2b54e547fe226ffd76363a2050a3e9792df1c56abc7bfa015d4ff9010ff5c519288bafce56750aa9d8cb540185c6233a5fb71b66d1636f6258ccb065d265557bc04010000";

  it("has the recorded txid and payload", () => {
    const tx = decodeSame(transaction, hexToBytes(COINBASE));
    expect(toHashHex(computeTxid(tx))).toBe(
      "6d6d42ae67ff85557753109582f095c21bc9f1e7b67c47b0aa4015b358950e3c",
    );
    expect(cbTxFacts(tx)).toMatchObject({
      version: 3,
      height: 2_221_605,
      merkleRootMNList: "8c2eb7e4f831869836f93f82933739c3a6d25f188d4f546a22820a874cee79bd",
      merkleRootQuorums: "fd42fbc07c2344932f60121462fbcd5cf9541632d5693446ac884261ccc9b39d",
      bestCLHeightDiff: 0,
      creditPoolBalance: 1_119_851_336_998,
    });
  });

  it.each(["0000", "0400"])("with a payload of version %s is refused", (version) => {
    const tx = decode(transaction, hexToBytes(COINBASE.replace("af030025e6", `af${version}25e6`)));
    expect(codeOf(() => readCbTx(tx))).toBe("wire/unsupported-version");
  });

  it("with a distance to the locked block above 252 has a longer count", () => {
    const payload = readCbTx(decode(transaction, hexToBytes(COINBASE)));
    if (payload?.chainLock === undefined) throw new Error("no lock");
    const far = { ...payload, chainLock: { ...payload.chainLock, bestCLHeightDiff: 300 } };
    const bytes = encodeSpecialPayload({ type: TxType.coinbase, payload: far });
    expect(bytes).toHaveLength(177);
    expect(bytesToHex(bytes.subarray(70, 73))).toBe("fd2c01");
  });
});
