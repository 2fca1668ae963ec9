import { type ErrorCode, isDashlightError } from "../worker/errors.ts";

const WRONG_MESSAGE = "A node sent a message that cannot be read. It is no longer asked.";
const WRONG_HEADER =
  "A node sent a block header that breaks the rules of the network. It is no longer asked.";
const WRONG_LIST = "A node sent a masternode list that its block does not prove. It was refused.";
const WRONG_QUORUM = "A node sent quorum data that does not add up. It was refused.";
const UNCONNECTED_LIST =
  "A node sent a masternode list that does not connect to what is known. Another is asked.";
const OUR_BUG = "A check inside Dashlight failed, which is a bug in Dashlight. Nothing unverified was kept.";

/** One clear sentence or two for every code: what happened, and what it means for what is shown. */
export const ERROR_SENTENCES: Readonly<Record<ErrorCode, string>> = {
  "wire/truncated": WRONG_MESSAGE,
  "wire/trailing-bytes": WRONG_MESSAGE,
  "wire/non-canonical": WRONG_MESSAGE,
  "wire/oversized": "A node sent more data than any honest answer holds. It is no longer asked.",
  "wire/unsupported-version": "A node speaks a version of the protocol that Dashlight does not know yet.",
  "wire/invalid-value": WRONG_MESSAGE,
  "wire/bad-magic": "A node belongs to another Dash network than the one chosen in the settings.",
  "wire/bad-checksum": "A message from a node was damaged on the way. It is asked for again.",
  "wire/bad-merkle-proof": "A node sent a proof that does not hold. Its answer was refused.",

  "chain/unknown-parent":
    "A node sent headers that do not connect to the known chain. It is asked again from further back.",
  "chain/bad-proof-of-work": "A node sent a block header without the work it claims. It is no longer asked.",
  "chain/bad-difficulty": WRONG_HEADER,
  "chain/time-too-old": WRONG_HEADER,
  "chain/time-too-new": "A node sent a block from the future. If this goes on, check this device's clock.",
  "chain/bad-version": WRONG_HEADER,
  "chain/checkpoint-mismatch": "A node follows another chain than the Dash network. It is no longer asked.",
  "chain/conflicts-with-chainlock":
    "A node offered a chain that a ChainLock rules out. It is no longer asked.",
  "chain/bad-devnet-genesis": "The first block does not belong to this development network.",

  "engine/unknown-base": UNCONNECTED_LIST,
  "engine/unknown-block": UNCONNECTED_LIST,
  "engine/base-above-block": UNCONNECTED_LIST,
  "engine/no-coinbase-payload": WRONG_LIST,
  "engine/coinbase-proof-mismatch": WRONG_LIST,
  "engine/coinbase-not-first": WRONG_LIST,
  "engine/wrong-coinbase-height": WRONG_LIST,
  "engine/wrong-coinbase-version": WRONG_LIST,
  "engine/duplicate-entry": WRONG_LIST,
  "engine/unknown-deletion": WRONG_LIST,
  "engine/merkle-root-mismatch": WRONG_LIST,
  "engine/quorum-root-mismatch": "A node sent quorums that their block does not prove. They were refused.",
  "engine/mutated-merkle-tree": WRONG_LIST,
  "engine/unknown-quorum-type":
    "The network uses a kind of quorum that this version of Dashlight does not know.",
  "engine/too-many-quorums": WRONG_QUORUM,
  "engine/malformed-commitment": WRONG_QUORUM,
  "engine/malformed-snapshot": WRONG_QUORUM,
  "engine/snapshot-refuted": WRONG_QUORUM,
  "engine/not-the-requested-cycle": "A node answered another question than was asked. It is asked again.",
  "engine/malformed-lock": "A node sent a lock that cannot be read. It was refused.",
  "engine/bad-lock-signature": "A node sent a lock that no quorum signed. It was refused.",

  "bls/invalid-secret-key": OUR_BUG,
  "bls/impossible-point": OUR_BUG,
  "bls/engine-unavailable":
    "This browser does not run the fast signature check. Dashlight works, but more slowly.",
  "x11/bad-module":
    "The block hash could not be loaded. Reload the page; if that does not help, clear its site data.",

  "params/unknown-network":
    "The bridge was started for a network that this version of Dashlight does not know.",
  "params/invalid-file": "The bridge sent network parameters that cannot be read.",

  "net/connect-failed": "A node could not be reached. Others are tried.",
  "net/disconnected": "A node closed the connection. Others are tried.",
  "net/handshake-failed": "A node did not introduce itself as a Dash node does. Others are tried.",
  "net/refused": "A node did not answer a request. Others are asked.",
  "net/timeout": "A node took too long to answer. Others are asked.",
  "net/unexpected-message": "A node sent something nobody asked for. Others are asked.",
  "net/header-flood": "A node sent more and more blocks that lead nowhere. It is no longer asked.",
  "net/bridge-unreachable": "The bridge cannot be reached, so nothing new can be fetched.",

  "store/corrupt": "Something saved on this device was damaged. It was dropped and is fetched again.",
  "store/unavailable":
    "This browser does not let Dashlight save anything, so every start begins from nothing.",
  "store/not-leader": "Another tab runs Dashlight and keeps what is saved. This one follows it.",

  "client/sync-paused": "Hardly anything is answered right now; the sync goes on by itself in a moment.",
  "client/no-peers": "No Dash node can be reached right now, so nothing new can be fetched.",
  "client/invalid-setting": "One of the settings is not valid, so nothing was changed.",
  "client/not-running": "The engine is not running. Restart it to go on.",
};

const UNEXPECTED = "Something unexpected went wrong. Reload the page to go on.";

/** @returns what to tell the user about anything that was thrown; for a refused setting the reason itself */
export function thrownSentence(error: unknown): string {
  if (isDashlightError(error, "client/invalid-setting")) return asSentence(error.facts.reason);
  return isDashlightError(error) ? ERROR_SENTENCES[error.code] : UNEXPECTED;
}

/** @returns the text with a capital in front and a full stop behind */
export function asSentence(text: string): string {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
