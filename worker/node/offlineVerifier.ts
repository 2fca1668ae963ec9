import type { Bls } from "../bls/index.ts";
import { applyDiff } from "../engine/applyDiff.ts";
import type { EngineContext } from "../engine/context.ts";
import { feedQrInfo } from "../engine/feedQrInfo.ts";
import { prepareChainLock, prepareInstantLock } from "../engine/locks.ts";
import { countValid, findEntry, type MasternodeList } from "../engine/masternodeList.ts";
import { type QuorumEntry, quorumKey } from "../engine/quorumSet.ts";
import {
  EMPTY_ENGINE,
  type EngineState,
  listAtBlock,
  newestList,
  sortedLists,
  statusOf,
} from "../engine/state.ts";
import { DashlightError, isDashlightError } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { judgeQuorums, type LockVerdict, verifyLock } from "../sync/judge.ts";
import { readCbTx } from "../wire/cbTx.ts";
import { decode } from "../wire/codec.ts";
import { toHashHex } from "../wire/hashes.ts";
import { type ChainLock, chainLock, type InstantLock, instantLock } from "../wire/locks.ts";
import { type MnListDiff, mnListDiff } from "../wire/mnListDiff.ts";
import { type QRInfo, qrInfo } from "../wire/qrInfo.ts";
import type { OfflineChain } from "./offlineChain.ts";
import type { CapturedFile } from "./verifyArguments.ts";

export interface MessageReport {
  readonly kind: string;
  readonly file: string;
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface ListReport {
  readonly height: number;
  readonly masternodes: number;
  readonly valid: number;
  readonly quorums: number;
  readonly roots: "match" | "mismatch";
  readonly header: "verified" | "header-unknown";
}

export interface QuorumReport {
  readonly llmqType: number;
  readonly quorumHash: string;
  readonly quorumIndex: number;
  readonly status: "verified" | "unknown" | "invalid";
  readonly reason?: string;
}

interface LockReport {
  readonly file: string;
  readonly quorumHash?: string;
  readonly status: "verified" | "unknown" | "invalid";
  readonly reason?: string;
}
export type ChainLockReport = LockReport & { readonly height: number; readonly blockHash: string };
export type InstantLockReport = LockReport & { readonly txid: string; readonly cycleHash: string };

export interface VerifyReport {
  readonly messages: readonly MessageReport[];
  readonly lists: readonly ListReport[];
  readonly quorums: readonly QuorumReport[];
  readonly chainLocks: readonly ChainLockReport[];
  readonly instantLocks: readonly InstantLockReport[];
}

const ROOT_MISMATCHES: readonly string[] = ["engine/merkle-root-mismatch", "engine/quorum-root-mismatch"];

/** Feeds captured payloads to the engine, one after another, and reports what they prove. */
export class OfflineVerifier {
  readonly #params: NetworkParams;
  readonly #chain: OfflineChain;
  readonly #bls: Bls;
  readonly #context: EngineContext;
  #state: EngineState = EMPTY_ENGINE;
  #deferred: { file: string; diff: MnListDiff }[] = [];
  readonly #messages: MessageReport[] = [];
  readonly #refused: ListReport[] = [];
  readonly #chainLocks: { file: string; lock: ChainLock }[] = [];
  readonly #instantLocks: { file: string; lock: InstantLock }[] = [];

  constructor(params: NetworkParams, chain: OfflineChain, bls: Bls) {
    this.#params = params;
    this.#chain = chain;
    this.#bls = bls;
    this.#context = {
      params,
      chain,
      isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
    };
  }

  /** @param payload - the message's payload, without its P2P header */
  feed({ kind, file, protocolVersion }: CapturedFile, payload: Uint8Array): void {
    try {
      this.#feed(kind, file, protocolVersion, payload);
      this.#messages.push({ kind, file, ok: true });
    } catch (error) {
      this.#messages.push(failure(kind, file, error));
    }
    this.#retryDeferred();
  }

  async report(): Promise<VerifyReport> {
    const quorums = this.#reportedQuorums();
    this.#state = await judgeQuorums(this.#state, this.#heldQuorums(), this.#context, this.#bls);
    const lists = [...sortedLists(this.#state).map(reportList), ...this.#refused];
    return {
      messages: this.#messages,
      lists: lists.sort((a, b) => a.height - b.height),
      quorums: quorums.map((quorum) => this.#reportQuorum(quorum)),
      chainLocks: await Promise.all(this.#chainLocks.map((captured) => this.#reportChainLock(captured))),
      instantLocks: await Promise.all(
        this.#instantLocks.map((captured) => this.#reportInstantLock(captured)),
      ),
    };
  }

  #feed(kind: CapturedFile["kind"], file: string, protocolVersion: number, payload: Uint8Array): void {
    switch (kind) {
      case "mnlistdiff":
        this.#applyDiff(decode(mnListDiff(protocolVersion), payload));
        return;
      case "qrinfo":
        this.#feedQrInfo(file, decode(qrInfo(protocolVersion), payload));
        return;
      case "clsig":
        this.#chainLocks.push({ file, lock: decode(chainLock, payload) });
        return;
      case "isdlock":
        this.#instantLocks.push({ file, lock: decode(instantLock, payload) });
    }
  }

  #applyDiff(diff: MnListDiff): void {
    this.#learnHeight(diff);
    this.#noteRefusal([diff], () => {
      this.#state = applyDiff(this.#state, diff, this.#context).state;
    });
  }

  #feedQrInfo(file: string, message: QRInfo): void {
    const diffs = [
      ...message.mnListDiffList,
      ...(message.atHMinus4C ? [message.atHMinus4C.mnListDiff] : []),
      message.mnListDiffAtHMinus3C,
      message.mnListDiffAtHMinus2C,
      message.mnListDiffAtHMinusC,
      message.mnListDiffH,
    ];
    for (const diff of [...diffs, message.mnListDiffTip]) this.#learnHeight(diff);
    this.#noteRefusal([...diffs, message.mnListDiffTip], () => {
      const fed = feedQrInfo(this.#state, message, this.#context);
      this.#state = fed.state;
      if (fed.tip.status === "deferred") this.#deferred.push({ file, diff: message.mnListDiffTip });
      if (fed.tip.status === "refused") throw fed.tip.error;
    });
  }

  /** Where nothing says at which height a block lies, its own coinbase does; its header stays unknown. */
  #learnHeight(diff: MnListDiff): void {
    const cbTx = readCbTx(diff.cbTx);
    if (cbTx && this.#chain.heightOf(diff.blockHash) === undefined) {
      this.#chain.addHash(cbTx.height, toHashHex(diff.blockHash));
    }
  }

  /** A list whose roots do not match is not held, but reported. */
  #noteRefusal(diffs: readonly MnListDiff[], apply: () => void): void {
    try {
      apply();
    } catch (error) {
      const isMismatch = error instanceof DashlightError && ROOT_MISMATCHES.includes(error.code);
      const blockHash = isMismatch && "blockHash" in error.facts ? error.facts.blockHash : undefined;
      const refused = diffs.find((diff) => toHashHex(diff.blockHash) === blockHash);
      if (refused) this.#refused.push(this.#describeRefused(refused));
      throw error;
    }
  }

  #describeRefused(diff: MnListDiff): ListReport {
    const base = listAtBlock(this.#state, diff.baseBlockHash);
    const height = this.#chain.heightOf(diff.blockHash) ?? -1;
    const replaced = diff.mnList.filter((e) => base && findEntry(base.masternodes, e.proRegTxHash)).length;
    return {
      height,
      masternodes: (base?.masternodes.length ?? 0) - diff.deletedMNs.length + diff.mnList.length - replaced,
      valid: diff.mnList.filter(({ isValid }) => isValid).length,
      quorums: (base?.quorums.size ?? 0) - diff.deletedQuorums.length + diff.newQuorums.length,
      roots: "mismatch",
      header: this.#chain.merkleRootAt(height) ? "verified" : "header-unknown",
    };
  }

  /** The tip diff of a qrinfo waits for its base list or header. */
  #retryDeferred(): void {
    this.#deferred = this.#deferred.filter(({ file, diff }) => {
      try {
        this.#applyDiff(diff);
      } catch (error) {
        if (isDashlightError(error, "engine/unknown-base")) return true;
        this.#messages.push(failure("qrinfo", file, error));
      }
      return false;
    });
  }

  /** Every quorum known: one that signed a lock need not be among the reported ones. */
  #heldQuorums(): Iterable<QuorumEntry> {
    const held = new Map(this.#state.announcedQuorums);
    for (const { quorums } of this.#state.lists.values())
      for (const quorum of quorums.values()) held.set(quorum.id, quorum);
    return held.values();
  }

  /** Those of the newest list, those announced by the last qrinfo, and the rotating ones of every list held. */
  #reportedQuorums(): QuorumEntry[] {
    const found = new Map<string, QuorumEntry>();
    const add = (quorum: QuorumEntry) =>
      found.set(quorumKey(quorum.commitment.llmqType, quorum.commitment.quorumHash), quorum);
    for (const list of sortedLists(this.#state)) {
      for (const quorum of list.quorums.values()) {
        if (this.#params.llmqs.get(quorum.commitment.llmqType)?.useRotation) add(quorum);
      }
    }
    for (const quorum of this.#state.announcedQuorums.values()) add(quorum);
    for (const quorum of newestList(this.#state)?.quorums.values() ?? []) add(quorum);
    return [...found.values()];
  }

  #reportQuorum(quorum: QuorumEntry): QuorumReport {
    const { llmqType, quorumHash, quorumIndex } = quorum.commitment;
    const status = statusOf(this.#state, quorum);
    const report = { llmqType, quorumHash: toHashHex(quorumHash), quorumIndex, status: status.status };
    return status.status === "verified" ? report : { ...report, reason: formatReason(status.reason) };
  }

  async #reportChainLock({ file, lock }: { file: string; lock: ChainLock }): Promise<ChainLockReport> {
    const facts = { file, height: lock.height, blockHash: toHashHex(lock.blockHash) };
    const judged = await this.#judgeLock("chainlock", () =>
      prepareChainLock(this.#state, lock, this.#context),
    );
    return { ...facts, ...judged };
  }

  async #reportInstantLock({ file, lock }: { file: string; lock: InstantLock }): Promise<InstantLockReport> {
    const facts = { file, txid: toHashHex(lock.txid), cycleHash: toHashHex(lock.cycleHash) };
    const prepare = () => prepareInstantLock(this.#state, lock, this.#chain.tipHeight, this.#context);
    return { ...facts, ...(await this.#judgeLock("instantlock", prepare)) };
  }

  async #judgeLock(
    lock: "chainlock" | "instantlock",
    prepare: () => ReturnType<typeof prepareChainLock>,
  ): Promise<Omit<LockReport, "file">> {
    try {
      return this.#describeVerdict(await verifyLock(lock, prepare(), this.#bls));
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      return { status: "invalid", reason: error.message };
    }
  }

  /** A signature under a committed key is verified; what is not known about that key is said beside it. */
  #describeVerdict(verdict: LockVerdict): Omit<LockReport, "file"> {
    if (verdict.status === "unknown") return { status: "unknown", reason: formatReason(verdict.reason) };
    const quorumHash = toHashHex(verdict.quorum.commitment.quorumHash);
    const status = statusOf(this.#state, verdict.quorum);
    if (status.status === "invalid") {
      return { quorumHash, status: "invalid", reason: `quorum ${formatReason(status.reason)}` };
    }
    const doubts = [
      ...(verdict.list.header === "unknown" ? ["header-unknown"] : []),
      ...(status.status === "unknown" ? [`quorum members ${formatReason(status.reason)}`] : []),
    ];
    return { quorumHash, status: "verified", ...(doubts.length > 0 ? { reason: doubts.join("; ") } : {}) };
  }
}

/** @throws what is not a verdict on the message */
function failure(kind: string, file: string, error: unknown): MessageReport {
  if (!(error instanceof DashlightError)) throw error;
  return { kind, file, ok: false, error: { code: error.code, message: error.message } };
}

function reportList(list: MasternodeList): ListReport {
  return {
    height: list.height,
    masternodes: list.masternodes.length,
    valid: countValid(list.masternodes),
    quorums: list.quorums.size,
    roots: "match",
    header: list.header === "verified" ? "verified" : "header-unknown",
  };
}

/** @example "list-missing 905248" */
function formatReason(reason: string | { readonly code: string; readonly [fact: string]: unknown }): string {
  if (typeof reason === "string") return reason;
  const { code, ...facts } = reason;
  return [code, ...Object.values(facts)].join(" ");
}

/** @returns whether nothing failed and nothing is invalid */
export function isClean(report: VerifyReport): boolean {
  return (
    report.messages.every(({ ok }) => ok) &&
    report.lists.every(({ roots }) => roots === "match") &&
    [...report.quorums, ...report.chainLocks, ...report.instantLocks].every(
      ({ status }) => status !== "invalid",
    )
  );
}
