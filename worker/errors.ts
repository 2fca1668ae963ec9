/**
 * Every error Dashlight throws on purpose: one class over a union of codes with their facts.
 * A code is `part/what`. Facts are plain values, so an error survives a worker boundary and a log.
 * This file imports nothing, and nothing decides by reading `message`.
 */

/** A byte string that does not decode. Always the sender's fault. */
export type WireErrorFacts =
  | { code: "wire/truncated"; needed: number; available: number }
  | { code: "wire/trailing-bytes"; trailing: number }
  | { code: "wire/non-canonical"; what: string }
  | { code: "wire/oversized"; what: string; size: number; limit: number }
  | { code: "wire/unsupported-version"; what: string; version: number }
  | { code: "wire/invalid-value"; what: string; value: string | number }
  | { code: "wire/bad-magic"; expected: string; received: string }
  | { code: "wire/bad-checksum"; command: string }
  | { code: "wire/bad-merkle-proof"; reason: string };

/** A header that the rules refuse, or a question about a block the chain does not know. */
export type ChainErrorFacts =
  | { code: "chain/unknown-parent"; blockHash: string; prevBlockHash: string }
  | { code: "chain/bad-proof-of-work"; blockHash: string; bits: string }
  | { code: "chain/bad-difficulty"; height: number; expected: string; received: string }
  | { code: "chain/time-too-old"; height: number; time: number; medianTimePast: number }
  | { code: "chain/time-too-new"; height: number; time: number; limit: number }
  | { code: "chain/bad-version"; height: number; version: number }
  | { code: "chain/checkpoint-mismatch"; height: number; expected: string; received: string }
  | { code: "chain/conflicts-with-chainlock"; height: number; lockedHeight: number }
  | { code: "chain/bad-devnet-genesis"; blockHash: string };

/** A masternode list message that a proof refutes, or that cannot be applied here. */
export type EngineErrorFacts =
  | { code: "engine/unknown-base"; baseBlockHash: string }
  | { code: "engine/unknown-block"; blockHash: string }
  | { code: "engine/base-above-block"; baseHeight: number; blockHeight: number }
  | { code: "engine/no-coinbase-payload"; blockHash: string }
  | { code: "engine/coinbase-proof-mismatch"; blockHash: string; expected: string; computed: string }
  | { code: "engine/coinbase-not-first"; blockHash: string; matches: number }
  | { code: "engine/wrong-coinbase-height"; blockHash: string; expected: number; received: number }
  | { code: "engine/wrong-coinbase-version"; blockHash: string; expected: number; received: number }
  | { code: "engine/duplicate-entry"; blockHash: string; what: string; hash: string }
  | { code: "engine/unknown-deletion"; blockHash: string; what: string; hash: string }
  | { code: "engine/merkle-root-mismatch"; blockHash: string; expected: string; computed: string }
  | { code: "engine/quorum-root-mismatch"; blockHash: string; expected: string; computed: string }
  | { code: "engine/mutated-merkle-tree"; blockHash: string; what: string }
  | { code: "engine/unknown-quorum-type"; blockHash: string; llmqType: number }
  | { code: "engine/too-many-quorums"; blockHash: string; llmqType: number; count: number; limit: number }
  | { code: "engine/malformed-commitment"; llmqType: number; quorumHash: string; what: string }
  | { code: "engine/malformed-snapshot"; height: number; what: string }
  /** Another peer's snapshots of the cycles verified, and this one's differ. */
  | { code: "engine/snapshot-refuted"; address: string }
  | { code: "engine/not-the-requested-cycle"; expected: string; received: string }
  | { code: "engine/malformed-lock"; what: string }
  | { code: "engine/bad-lock-signature"; lock: "chainlock" | "instantlock"; quorumHash: string };

export type BlsErrorFacts =
  | { code: "bls/invalid-secret-key" }
  /** Our bug or the engine's: the maths says that this point exists. */
  | { code: "bls/impossible-point"; where: string }
  | { code: "bls/engine-unavailable"; engine: string };

export type X11ErrorFacts = { code: "x11/bad-module"; reason: string };

export type ParamsErrorFacts =
  | { code: "params/unknown-network"; network: string }
  | { code: "params/invalid-file"; field: string; reason: string };

export type NetErrorFacts =
  | { code: "net/connect-failed"; address: string; reason: string }
  | { code: "net/disconnected"; address: string; reason: string }
  | { code: "net/handshake-failed"; address: string; reason: string }
  | { code: "net/refused"; address: string; request: string }
  | { code: "net/timeout"; address: string; request: string; timeoutMs: number }
  | { code: "net/unexpected-message"; address: string; command: string }
  | { code: "net/header-flood"; address: string; headers: number }
  | { code: "net/bridge-unreachable"; url: string };

export type StoreErrorFacts =
  | { code: "store/corrupt"; what: string }
  | { code: "store/unavailable"; reason: string }
  | { code: "store/not-leader" };

export type ClientErrorFacts =
  | { code: "client/no-peers" }
  /** Hardly anything is answered. The sync goes on by itself at `retryAtMs`, milliseconds since 1970. */
  | { code: "client/sync-paused"; reason: "all-peers-fail" | "nearly-all-requests-fail"; retryAtMs: number }
  | { code: "client/invalid-setting"; field: string; reason: string }
  | { code: "client/not-running" };

export type ErrorFacts =
  | WireErrorFacts
  | ChainErrorFacts
  | EngineErrorFacts
  | BlsErrorFacts
  | X11ErrorFacts
  | ParamsErrorFacts
  | NetErrorFacts
  | StoreErrorFacts
  | ClientErrorFacts;

export type ErrorCode = ErrorFacts["code"];

export class DashlightError<T extends ErrorFacts = ErrorFacts> extends Error {
  override readonly name = "DashlightError";
  readonly facts: T;

  /** @param facts - the code and the values behind it; `message` is made from them for logs */
  constructor(facts: T, options?: { cause?: unknown }) {
    super(toMessage(facts), options);
    this.facts = facts;
  }

  get code(): T["code"] {
    return this.facts.code;
  }
}

/** @returns whether `error` is one of ours, and if `code` is given, that one */
export function isDashlightError<C extends ErrorCode>(
  error: unknown,
  code?: C,
): error is DashlightError<Extract<ErrorFacts, { code: C }>> {
  return error instanceof DashlightError && (code === undefined || error.facts.code === code);
}

function toMessage(facts: ErrorFacts): string {
  const { code, ...rest } = facts;
  const values = Object.entries(rest).map(([key, value]) => `${key} ${value}`);
  return values.length === 0 ? code : `${code}: ${values.join(", ")}`;
}
