import fc from "fast-check";
import type { CbTx } from "../cbTx.ts";
import { makeBitset } from "../codec.ts";
import { type FinalCommitment, isIndexed, makeFinalCommitment } from "../finalCommitment.ts";
import { compressHeaders, type HeadersEncoder, joinHeaders } from "../headers.ts";
import type { KnownMessage } from "../message.ts";
import type { MnListDiff } from "../mnListDiff.ts";
import type { ExtNetInfo, NetInfoEntry, Service } from "../netInfo.ts";
import type { QRInfo, QuorumSnapshot } from "../qrInfo.ts";
import { makeSmlEntry, type SmlEntry } from "../smlEntry.ts";
import type { PlatformFields, SpecialPayload } from "../specialTx.ts";
import { type Transaction, TxType } from "../tx.ts";
import type { Version } from "../version.ts";

/** Values of every format, as the decoders give them. Brands say nothing at run time, so hashes are any 32 bytes. */
const bytes = <T extends Uint8Array>(size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }) as fc.Arbitrary<unknown> as fc.Arbitrary<T>;
const upTo = (size: number) => fc.uint8Array({ maxLength: size });
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const i16 = fc.integer({ min: -0x8000, max: 0x7fff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const i64 = fc.bigInt({ min: -0x8000000000000000n, max: 0x7fffffffffffffffn });
const few = <T>(item: fc.Arbitrary<T>, maxLength = 4) => fc.array(item, { maxLength });
const bits = fc.array(fc.boolean(), { maxLength: 40 }).map(makeBitset);

const service: fc.Arbitrary<Service> = fc.record({ address: bytes(16), port: u16 });
const netInfoEntry: fc.Arbitrary<NetInfoEntry> = fc.oneof(
  fc.constantFrom([1, 4], [2, 16], [4, 32], [5, 32], [6, 16], [0xaa, 7]).chain(([network = 0, size = 0]) =>
    fc.record({
      kind: fc.constant("service" as const),
      network: fc.constant(network),
      address: bytes(size),
      port: u16,
    }),
  ),
  fc.record({ kind: fc.constant("domain" as const), domain: upTo(20), port: u16 }),
  fc.constant<NetInfoEntry>({ kind: "invalid" }),
);
const extNetInfo: fc.Arbitrary<ExtNetInfo> = fc.oneof(
  fc.record({
    format: fc.constant(1),
    purposes: few(fc.record({ purpose: u8, entries: few(netInfoEntry) })),
  }),
  fc.record({ format: fc.constantFrom(0, 2, 255), purposes: fc.constant([]) }),
);

export const smlEntry = (versions: readonly number[]): fc.Arbitrary<SmlEntry> =>
  fc.constantFrom(...versions).chain((version) =>
    (version === 1 ? fc.constant(0) : fc.constantFrom(0, 1)).chain((type) =>
      fc
        .record({
          version: fc.constant(version),
          proRegTxHash: bytes<SmlEntry["proRegTxHash"]>(32),
          confirmedHash: bytes<SmlEntry["confirmedHash"]>(32),
          netInfo: version === 3 ? extNetInfo : service,
          pubKeyOperator: bytes(48),
          keyIDVoting: bytes(20),
          isValid: fc.boolean(),
          type: fc.constant(type),
          platformHTTPPort: type === 1 && version === 2 ? u16 : fc.constant(undefined),
          platformNodeID: type === 1 ? bytes(20) : fc.constant(undefined),
        })
        .map(makeSmlEntry),
    ),
  );

export const finalCommitment: fc.Arbitrary<FinalCommitment> = fc.constantFrom(1, 2, 3, 4).chain((version) =>
  fc
    .record({
      version: fc.constant(version),
      llmqType: u8,
      quorumHash: bytes<FinalCommitment["quorumHash"]>(32),
      quorumIndex: isIndexed(version) ? i16 : fc.constant(0),
      signers: bits,
      validMembers: bits,
      quorumPublicKey: bytes(48),
      quorumVvecHash: bytes(32),
      quorumSig: bytes(96),
      membersSig: bytes(96),
    })
    .map(makeFinalCommitment),
);

export const transaction: fc.Arbitrary<Transaction> = fc
  .record({ version: fc.constantFrom(1, 2, 3, 4), type: fc.constantFrom(0, 1, 5, 6, 7, 8, 9, 0xffff) })
  .chain(({ version, type }) =>
    fc.record({
      version: fc.constant(version),
      type: fc.constant(type),
      inputs: few(
        fc.record({
          prevOut: fc.record({
            txid: bytes<Transaction["inputs"][number]["prevOut"]["txid"]>(32),
            index: u32,
          }),
          scriptSig: upTo(300),
          sequence: u32,
        }),
      ),
      outputs: few(fc.record({ value: i64, scriptPubKey: upTo(40) })),
      lockTime: u32,
      extraPayload: version >= 3 && type !== 0 ? upTo(300) : fc.constant(new Uint8Array(0)),
    }),
  );

/** @param protocolVersion - decides which versions of diff and entries there are */
export function mnListDiff(protocolVersion: number): fc.Arbitrary<MnListDiff> {
  const version = protocolVersion < 70225 ? fc.constant(1) : fc.constantFrom(1, 2);
  return version.chain((diffVersion) => {
    const entryVersions =
      protocolVersion >= 70228 ? [1, 2, 3] : protocolVersion === 70227 ? [diffVersion] : [1];
    return fc.record({
      version: fc.constant(diffVersion),
      baseBlockHash: bytes<MnListDiff["baseBlockHash"]>(32),
      blockHash: bytes<MnListDiff["blockHash"]>(32),
      totalTransactions: u32,
      merkleHashes: few(bytes(32)),
      merkleFlags: upTo(4),
      cbTx: transaction,
      deletedMNs: few(bytes<MnListDiff["deletedMNs"][number]>(32)),
      mnList: few(smlEntry(entryVersions)),
      deletedQuorums: few(
        fc.record({
          llmqType: u8,
          quorumHash: bytes<MnListDiff["deletedQuorums"][number]["quorumHash"]>(32),
        }),
      ),
      newQuorums: few(finalCommitment),
      quorumsCLSigs:
        protocolVersion >= 70230
          ? few(fc.record({ signature: bytes(96), indexes: few(u16) }))
          : fc.constant([]),
    });
  });
}

export const quorumSnapshot: fc.Arbitrary<QuorumSnapshot> = fc.record({
  mnSkipListMode: i32,
  activeQuorumMembers: bits,
  mnSkipList: few(i32, 10),
});

export function qrInfo(protocolVersion: number): fc.Arbitrary<QRInfo> {
  const diff = mnListDiff(protocolVersion);
  return fc.record({
    quorumSnapshotAtHMinusC: quorumSnapshot,
    quorumSnapshotAtHMinus2C: quorumSnapshot,
    quorumSnapshotAtHMinus3C: quorumSnapshot,
    mnListDiffTip: diff,
    mnListDiffH: diff,
    mnListDiffAtHMinusC: diff,
    mnListDiffAtHMinus2C: diff,
    mnListDiffAtHMinus3C: diff,
    atHMinus4C: fc.option(fc.record({ snapshot: quorumSnapshot, mnListDiff: diff }), { nil: undefined }),
    lastCommitmentPerIndex: few(finalCommitment),
    quorumSnapshotList: few(quorumSnapshot, 2),
    mnListDiffList: few(diff, 2),
  });
}

const header = fc.record({
  version: i32,
  prevBlockHash: bytes<MnListDiff["blockHash"]>(32),
  merkleRoot: bytes(32),
  time: u32,
  bits: u32,
  nonce: u32,
});

const address = fc.record({ services: u64, address: bytes(16), port: u16 });
const userAgent = upTo(256).map((codes) => String.fromCharCode(...codes));

/** Every version ends after some group. */
const version: fc.Arbitrary<Version> = fc
  .record({
    fields: fc.record({ protocolVersion: i32, services: u64, time: i64, addrRecv: address }),
    sender: fc.record({ addrFrom: address, nonce: u64 }),
    userAgent,
    startHeight: i32,
    relay: fc.boolean(),
    mnAuthChallenge: bytes(32),
    isMasternode: fc.boolean(),
    rest: upTo(5),
    groups: fc.nat(6),
  })
  .map(({ fields, groups, ...optional }) => ({
    ...fields,
    sender: groups > 0 ? optional.sender : undefined,
    userAgent: groups > 1 ? optional.userAgent : undefined,
    startHeight: groups > 2 ? optional.startHeight : undefined,
    relay: groups > 3 ? optional.relay : undefined,
    mnAuthChallenge: groups > 4 ? optional.mnAuthChallenge : undefined,
    isMasternode: groups > 5 ? optional.isMasternode : undefined,
    rest: groups > 5 ? optional.rest : new Uint8Array(0),
  }));

const cbTx: fc.Arbitrary<CbTx> = fc.constantFrom(1, 2, 3).chain((cbTxVersion) =>
  fc.record({
    version: fc.constant(cbTxVersion),
    height: i32,
    merkleRootMNList: bytes(32),
    merkleRootQuorums: cbTxVersion >= 2 ? bytes(32) : fc.constant(undefined),
    chainLock:
      cbTxVersion >= 3
        ? fc.record({
            bestCLHeightDiff: fc.nat(0x02000000),
            bestCLSignature: bytes(96),
            creditPoolBalance: i64,
          })
        : fc.constant(undefined),
  }),
);

/** Version, type and what they entail. */
const proTx = fc.constantFrom(1, 2, 3).chain((proTxVersion) =>
  (proTxVersion === 1 ? fc.constant(0) : fc.constantFrom(0, 1)).chain((type) => {
    const port = proTxVersion < 3 ? u16 : fc.constant(undefined);
    const platform: fc.Arbitrary<PlatformFields | undefined> =
      type === 1
        ? fc.record({ platformNodeID: bytes(20), platformP2PPort: port, platformHTTPPort: port })
        : fc.constant(undefined);
    return fc.record({
      version: fc.constant(proTxVersion),
      type: fc.constant(type),
      netInfo: proTxVersion === 3 ? extNetInfo : service,
      platform,
      inputsHash: bytes(32),
    });
  }),
);
const proTxHash = bytes<SmlEntry["proRegTxHash"]>(32);
const assetVersion = fc.constant(1);

export const specialPayload: fc.Arbitrary<SpecialPayload> = fc.oneof<fc.Arbitrary<SpecialPayload>[]>(
  fc
    .tuple(
      proTx,
      fc.record({
        mode: u16,
        collateralOutpoint: fc.record({
          txid: bytes<Transaction["inputs"][number]["prevOut"]["txid"]>(32),
          index: u32,
        }),
        keyIDOwner: bytes(20),
        pubKeyOperator: bytes(48),
        keyIDVoting: bytes(20),
        operatorReward: u16,
        scriptPayout: upTo(40),
        sig: upTo(65),
      }),
    )
    .map(([common, rest]) => ({ type: TxType.proRegTx, payload: { ...common, ...rest } })),
  fc
    .tuple(proTx, fc.record({ proTxHash, scriptOperatorPayout: upTo(40), sig: bytes(96) }))
    .map(([common, rest]) => ({ type: TxType.proUpServTx, payload: { ...common, ...rest } })),
  fc.record({
    type: fc.constant(TxType.proUpRegTx),
    payload: fc.record({
      version: fc.constantFrom(1, 2, 3),
      proTxHash,
      mode: u16,
      pubKeyOperator: bytes(48),
      keyIDVoting: bytes(20),
      scriptPayout: upTo(40),
      inputsHash: bytes(32),
      sig: upTo(65),
    }),
  }),
  fc.record({
    type: fc.constant(TxType.proUpRevTx),
    payload: fc.record({
      version: fc.constantFrom(1, 2, 3),
      proTxHash,
      reason: u16,
      inputsHash: bytes(32),
      sig: bytes(96),
    }),
  }),
  fc.record({ type: fc.constant(TxType.coinbase), payload: cbTx }),
  fc.record({
    type: fc.constant(TxType.quorumCommitment),
    payload: fc.record({ version: u16, height: u32, commitment: finalCommitment }),
  }),
  fc.record({
    type: fc.constant(TxType.assetLock),
    payload: fc.record({
      version: assetVersion,
      creditOutputs: few(fc.record({ value: i64, scriptPubKey: upTo(40) })),
    }),
  }),
  fc.record({
    type: fc.constant(TxType.assetUnlock),
    payload: fc.record({
      version: assetVersion,
      index: u64,
      fee: u32,
      requestedHeight: u32,
      quorumHash: bytes<FinalCommitment["quorumHash"]>(32),
      quorumSig: bytes(96),
    }),
  }),
);

const headersArbitrary = few(header, 12).map(joinHeaders);
const compressedHeaders = fc
  .tuple(headersArbitrary, fc.constantFrom<HeadersEncoder>("reply", "announcement"))
  .map(([headers, encoder]) => {
    const compressed = compressHeaders(headers, encoder);
    // What is left out comes back as zero.
    const decoded = headers.slice();
    for (let i = 1; i < compressed.bitFields.length; i++) decoded.fill(0, i * 80 + 4, i * 80 + 36);
    return { ...compressed, headers: decoded };
  });

const inventory = few(fc.record({ type: u32, hash: bytes(32) }));
const getHeaders = fc.record({
  version: u32,
  locator: few(bytes<MnListDiff["blockHash"]>(32)),
  hashStop: bytes<MnListDiff["blockHash"]>(32),
});

type Arbitraries = {
  [C in KnownMessage["command"]]: fc.Arbitrary<Extract<KnownMessage, { command: C }>["payload"]>;
};

/** A payload for every command. */
export function payloads(protocolVersion: number): Arbitraries {
  return {
    version,
    verack: fc.constant(undefined),
    ping: u64,
    pong: u64,
    mnauth: fc.record({ proRegTxHash: proTxHash, sig: bytes(96) }),
    sendaddrv2: fc.constant(undefined),
    sendheaders: fc.constant(undefined),
    sendheaders2: fc.constant(undefined),
    sendcmpct: fc.record({ highBandwidth: fc.boolean(), version: u64 }),
    senddsq: fc.boolean(),
    getaddr: fc.constant(undefined),
    addr: few(fc.record({ time: u32, services: u64, address: bytes(16), port: u16 })),
    addrv2: few(
      fc.constantFrom([1, 4], [2, 16], [4, 32], [5, 32], [6, 16], [3, 10]).chain(([network = 0, size = 0]) =>
        fc.record({
          time: u32,
          services: fc.oneof(
            u64,
            fc.bigInt({ min: 0n, max: 300n }),
            fc.bigInt({ min: 0xfff0n, max: 0x1000fn }),
          ),
          network: fc.constant(network),
          address: bytes(size),
          port: u16,
        }),
      ),
    ),
    inv: inventory,
    getdata: inventory,
    notfound: inventory,
    mempool: fc.constant(undefined),
    tx: transaction,
    block: fc.record({ header, transactions: few(transaction) }),
    getheaders: getHeaders,
    getheaders2: getHeaders,
    headers: headersArbitrary,
    headers2: compressedHeaders,
    getmnlistd: fc.record({
      baseBlockHash: bytes<MnListDiff["blockHash"]>(32),
      blockHash: bytes<MnListDiff["blockHash"]>(32),
    }),
    mnlistdiff: mnListDiff(protocolVersion),
    getqrinfo: fc.record({
      baseBlockHashes: few(bytes<MnListDiff["blockHash"]>(32)),
      blockRequestHash: bytes<MnListDiff["blockHash"]>(32),
      extraShare: fc.boolean(),
    }),
    qrinfo: qrInfo(protocolVersion),
    qfcommit: finalCommitment,
    clsig: fc.record({ height: i32, blockHash: bytes<MnListDiff["blockHash"]>(32), sig: bytes(96) }),
    isdlock: fc.record({
      version: fc.constant(1),
      inputs: few(
        fc.record({ txid: bytes<Transaction["inputs"][number]["prevOut"]["txid"]>(32), index: u32 }),
      ),
      txid: bytes<Transaction["inputs"][number]["prevOut"]["txid"]>(32),
      cycleHash: bytes<MnListDiff["blockHash"]>(32),
      sig: bytes(96),
    }),
  };
}

/** Protocol versions at which an encoding changes, and the newest. */
export const ENCODING_VERSIONS = [70221, 70225, 70227, 70228, 70229, 70230, 70235, 70240] as const;
