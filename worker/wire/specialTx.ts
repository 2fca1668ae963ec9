import { DashlightError } from "../errors.ts";
import { type CbTx, cbTx } from "./cbTx.ts";
import {
  type Codec,
  type Decoded,
  decode,
  encode,
  fixedBytes,
  hash256,
  type Reader,
  struct,
  u8,
  u16,
  u32,
  u64,
  varBytes,
  vector,
  type Writer,
} from "./codec.ts";
import { type QuorumCommitmentPayload, quorumCommitmentPayload } from "./finalCommitment.ts";
import type { Hash256, ProTxHash, QuorumHash } from "./hashes.ts";
import { type ExtNetInfo, extNetInfo, type Service, service } from "./netInfo.ts";
import { isExtNetInfo, MnType } from "./smlEntry.ts";
import { type Outpoint, outpoint, type Transaction, TxType, txOutput } from "./tx.ts";

/** Versions of the four masternode payloads. Source: Core 23.1.2 evo/dmn_types.h, evo/providertx.h */
export const ProTxVersion = { legacyBls: 1, basicBls: 2, extAddr: 3 } as const;

/** What an Evo node adds; from version 3 on the ports are among the extended addresses. */
export interface PlatformFields {
  /** 20 bytes */
  readonly platformNodeID: Uint8Array;
  readonly platformP2PPort: number | undefined;
  readonly platformHTTPPort: number | undefined;
}

/** Registers a masternode; its txid is the masternode's name. Source: DIP-3, DIP-28; evo/providertx.h CProRegTx */
export interface ProRegTx {
  readonly version: number;
  /** 0 regular, 1 Evo */
  readonly type: number;
  readonly mode: number;
  /** A zero txid means an output of this transaction. */
  readonly collateralOutpoint: Outpoint;
  readonly netInfo: Service | ExtNetInfo;
  /** 20 bytes, as is keyIDVoting */
  readonly keyIDOwner: Uint8Array;
  /** 48 bytes; legacy encoding in version 1 */
  readonly pubKeyOperator: Uint8Array;
  readonly keyIDVoting: Uint8Array;
  /** hundredths of a percent */
  readonly operatorReward: number;
  readonly scriptPayout: Uint8Array;
  readonly inputsHash: Hash256;
  readonly platform: PlatformFields | undefined;
  /** Of the collateral's key; empty if the collateral is an output of this transaction. */
  readonly sig: Uint8Array;
}

/** Changes addresses and revives. Source: DIP-3, DIP-28; evo/providertx.h CProUpServTx */
export interface ProUpServTx {
  readonly version: number;
  /** From version 2 on, else regular. */
  readonly type: number;
  readonly proTxHash: ProTxHash;
  readonly netInfo: Service | ExtNetInfo;
  readonly scriptOperatorPayout: Uint8Array;
  readonly inputsHash: Hash256;
  readonly platform: PlatformFields | undefined;
  /** 96 bytes, of the operator's key; legacy encoding in version 1 */
  readonly sig: Uint8Array;
}

const hash = hash256();
const proTxHash = hash256<ProTxHash>();
const keyId = fixedBytes(20);
const publicKey = fixedBytes(48);
const blsSignature = fixedBytes(96);
const script = varBytes();

/** An unknown version may have any fields behind it, so it is refused. */
function proTxVersion(what: string): Codec<number> {
  return {
    minSize: 2,
    read(reader) {
      const version = reader.u16();
      if (version < ProTxVersion.legacyBls || version > ProTxVersion.extAddr) {
        throw new DashlightError({ code: "wire/unsupported-version", what, version });
      }
      return version;
    },
    write: u16.write,
  };
}

function readNetInfo(reader: Reader, version: number): Service | ExtNetInfo {
  return version >= ProTxVersion.extAddr ? extNetInfo.read(reader) : service.read(reader);
}

function writeNetInfo(writer: Writer, netInfo: Service | ExtNetInfo): void {
  if (isExtNetInfo(netInfo)) extNetInfo.write(writer, netInfo);
  else service.write(writer, netInfo);
}

function readPlatform(reader: Reader, version: number, type: number): PlatformFields | undefined {
  if (type !== MnType.evo) return undefined;
  const hasPorts = version < ProTxVersion.extAddr;
  return {
    platformNodeID: keyId.read(reader),
    platformP2PPort: hasPorts ? reader.u16() : undefined,
    platformHTTPPort: hasPorts ? reader.u16() : undefined,
  };
}

function writePlatform(writer: Writer, platform: PlatformFields | undefined): void {
  if (platform === undefined) return;
  keyId.write(writer, platform.platformNodeID);
  if (platform.platformP2PPort !== undefined) writer.u16(platform.platformP2PPort);
  if (platform.platformHTTPPort !== undefined) writer.u16(platform.platformHTTPPort);
}

const proRegTxVersion = proTxVersion("ProRegTx");
const proUpServTxVersion = proTxVersion("ProUpServTx");

export const proRegTx: Codec<ProRegTx> = {
  minSize: 2 + 2 + 2 + 36 + 1 + 20 + 48 + 20 + 2 + 1 + 32 + 1,
  read(reader) {
    const version = proRegTxVersion.read(reader);
    const type = reader.u16();
    return {
      version,
      type,
      mode: reader.u16(),
      collateralOutpoint: outpoint.read(reader),
      netInfo: readNetInfo(reader, version),
      keyIDOwner: keyId.read(reader),
      pubKeyOperator: publicKey.read(reader),
      keyIDVoting: keyId.read(reader),
      operatorReward: reader.u16(),
      scriptPayout: script.read(reader),
      inputsHash: hash.read(reader),
      platform: readPlatform(reader, version, type),
      sig: script.read(reader),
    };
  },
  write(writer, value) {
    writer.u16(value.version);
    writer.u16(value.type);
    writer.u16(value.mode);
    outpoint.write(writer, value.collateralOutpoint);
    writeNetInfo(writer, value.netInfo);
    keyId.write(writer, value.keyIDOwner);
    publicKey.write(writer, value.pubKeyOperator);
    keyId.write(writer, value.keyIDVoting);
    writer.u16(value.operatorReward);
    script.write(writer, value.scriptPayout);
    hash.write(writer, value.inputsHash);
    writePlatform(writer, value.platform);
    script.write(writer, value.sig);
  },
};

export const proUpServTx: Codec<ProUpServTx> = {
  minSize: 2 + 32 + 1 + 1 + 32 + 96,
  read(reader) {
    const version = proUpServTxVersion.read(reader);
    const type = version >= ProTxVersion.basicBls ? reader.u16() : MnType.regular;
    return {
      version,
      type,
      proTxHash: proTxHash.read(reader),
      netInfo: readNetInfo(reader, version),
      scriptOperatorPayout: script.read(reader),
      inputsHash: hash.read(reader),
      platform: readPlatform(reader, version, type),
      sig: blsSignature.read(reader),
    };
  },
  write(writer, value) {
    writer.u16(value.version);
    if (value.version >= ProTxVersion.basicBls) writer.u16(value.type);
    proTxHash.write(writer, value.proTxHash);
    writeNetInfo(writer, value.netInfo);
    script.write(writer, value.scriptOperatorPayout);
    hash.write(writer, value.inputsHash);
    writePlatform(writer, value.platform);
    blsSignature.write(writer, value.sig);
  },
};

/** Changes the operator's or voting key or the payout. Source: DIP-3; evo/providertx.h CProUpRegTx */
export const proUpRegTx = struct({
  version: proTxVersion("ProUpRegTx"),
  proTxHash,
  mode: u16,
  /** legacy encoding in version 1 */
  pubKeyOperator: publicKey,
  keyIDVoting: keyId,
  scriptPayout: script,
  inputsHash: hash,
  /** 65 bytes, of the owner's key */
  sig: varBytes(),
});
export type ProUpRegTx = Decoded<typeof proUpRegTx>;

/** The operator resigns. Source: DIP-3; evo/providertx.h CProUpRevTx */
export const proUpRevTx = struct({
  version: proTxVersion("ProUpRevTx"),
  proTxHash,
  /** 0 not specified, 1 end of service, 2 compromised keys, 3 change of keys */
  reason: u16,
  inputsHash: hash,
  sig: blsSignature,
});
export type ProUpRevTx = Decoded<typeof proUpRevTx>;

function assetVersion(what: string): Codec<number> {
  return {
    minSize: 1,
    read(reader) {
      const version = reader.u8();
      if (version !== 1) throw new DashlightError({ code: "wire/unsupported-version", what, version });
      return version;
    },
    write: u8.write,
  };
}

/** Source: DIP-27; evo/assetlocktx.h CAssetLockPayload */
export const assetLock = struct({
  version: assetVersion("asset lock"),
  creditOutputs: vector(txOutput, "creditOutputs"),
});
export type AssetLock = Decoded<typeof assetLock>;

/** Source: DIP-27; evo/assetlocktx.h CAssetUnlockPayload */
export const assetUnlock = struct({
  version: assetVersion("asset unlock"),
  index: u64,
  /** duffs */
  fee: u32,
  requestedHeight: u32,
  quorumHash: hash256<QuorumHash>(),
  quorumSig: blsSignature,
});
export type AssetUnlock = Decoded<typeof assetUnlock>;

/** A payload by the type of its transaction. */
export type SpecialPayload =
  | { readonly type: typeof TxType.proRegTx; readonly payload: ProRegTx }
  | { readonly type: typeof TxType.proUpServTx; readonly payload: ProUpServTx }
  | { readonly type: typeof TxType.proUpRegTx; readonly payload: ProUpRegTx }
  | { readonly type: typeof TxType.proUpRevTx; readonly payload: ProUpRevTx }
  | { readonly type: typeof TxType.coinbase; readonly payload: CbTx }
  | { readonly type: typeof TxType.quorumCommitment; readonly payload: QuorumCommitmentPayload }
  | { readonly type: typeof TxType.assetLock; readonly payload: AssetLock }
  | { readonly type: typeof TxType.assetUnlock; readonly payload: AssetUnlock };

/**
 * @returns undefined for a transaction without payload or of a type that is none of ours
 * @throws `wire/*` if the payload is not exactly one value of its type
 */
export function readSpecialPayload(tx: Transaction): SpecialPayload | undefined {
  if (tx.version < 3) return undefined;
  const { type, extraPayload } = tx;
  switch (type) {
    case TxType.proRegTx:
      return { type, payload: decode(proRegTx, extraPayload) };
    case TxType.proUpServTx:
      return { type, payload: decode(proUpServTx, extraPayload) };
    case TxType.proUpRegTx:
      return { type, payload: decode(proUpRegTx, extraPayload) };
    case TxType.proUpRevTx:
      return { type, payload: decode(proUpRevTx, extraPayload) };
    case TxType.coinbase:
      return { type, payload: decode(cbTx, extraPayload) };
    case TxType.quorumCommitment:
      return { type, payload: decode(quorumCommitmentPayload, extraPayload) };
    case TxType.assetLock:
      return { type, payload: decode(assetLock, extraPayload) };
    case TxType.assetUnlock:
      return { type, payload: decode(assetUnlock, extraPayload) };
    default:
      return undefined;
  }
}

/** @returns the `extraPayload` of a transaction of that type */
export function encodeSpecialPayload(special: SpecialPayload): Uint8Array {
  switch (special.type) {
    case TxType.proRegTx:
      return encode(proRegTx, special.payload);
    case TxType.proUpServTx:
      return encode(proUpServTx, special.payload);
    case TxType.proUpRegTx:
      return encode(proUpRegTx, special.payload);
    case TxType.proUpRevTx:
      return encode(proUpRevTx, special.payload);
    case TxType.coinbase:
      return encode(cbTx, special.payload);
    case TxType.quorumCommitment:
      return encode(quorumCommitmentPayload, special.payload);
    case TxType.assetLock:
      return encode(assetLock, special.payload);
    case TxType.assetUnlock:
      return encode(assetUnlock, special.payload);
  }
}
