import { createHash } from "node:crypto";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "vitest";
import { type ErrorCode, type ErrorFacts, isDashlightError } from "../../errors.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { type Codec, decode, encode } from "../codec.ts";
import type { FinalCommitment } from "../finalCommitment.ts";
import { sha256d, toHashHex } from "../hashes.ts";
import { type Command, decodeMessage, encodeMessage, type Payload } from "../message.ts";

/** One recorded message, as the manifests of all folders describe it. */
export interface Recording<Expected = unknown> {
  readonly file: string;
  readonly message: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly protocolVersion: number;
  readonly framed?: boolean;
  readonly network?: string;
  readonly request?: { readonly message: string; readonly payload: string };
  readonly expect: Expected;
  readonly expected: Expected;
  readonly expectedFile?: string;
  /** Regtest: name under which an identical payload was captured again, perhaps at another version. */
  readonly capturedAs?: string;
}

export const REGTEST_SCENARIOS = [
  "regtest/cycle-a",
  "regtest/faults-b",
  "regtest/few-masternodes-c",
  "regtest/legacy-bls-d",
].filter(hasVectors);

export function regtestRecordings<T>(scenario: string, ...messages: string[]): Recording<T>[] {
  const manifest = readVectorJson<{ messages: Recording<T>[] }>(`${scenario}/manifest.json`);
  return manifest.messages.filter((entry) => messages.length === 0 || messages.includes(entry.message));
}

export function fileRecordings<T>(folder: string): Recording<T>[] {
  return readVectorJson<{ files: Recording<T>[] }>(`${folder}/manifest.json`).files;
}

/** @returns the bytes, after checking that they are the recorded ones */
export function readRecording(folder: string, entry: Recording): Uint8Array {
  const bytes = readVector(`${folder}/${entry.file}`);
  expect(bytes.length, entry.file).toBe(entry.bytes);
  expect(createHash("sha256").update(bytes).digest("hex"), entry.file).toBe(entry.sha256);
  return bytes;
}

/** Decodes a payload as `command` and proves that it encodes to the same bytes. */
export function decodeBothWays<C extends Command>(
  command: C,
  payload: Uint8Array,
  protocolVersion: number,
  label: string,
): Payload<C> {
  const message = decodeMessage(command, payload, protocolVersion);
  if (message.command !== command) throw new Error(`${label}: ${message.command}`);
  expect(bytesToHex(encodeMessage(message, protocolVersion)), label).toBe(bytesToHex(payload));
  return message.payload as Payload<C>;
}

/** Decodes bytes as one value and proves that it encodes to the same bytes. */
export function decodeSame<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const value = decode(codec, bytes);
  expect(bytesToHex(encode(codec, value))).toBe(bytesToHex(bytes));
  return value;
}

/** Runs and returns the facts of the error it throws; anything but our error fails the test. */
export function factsOf(run: () => unknown): ErrorFacts | undefined {
  try {
    run();
  } catch (error) {
    if (isDashlightError(error)) return error.facts;
    throw error;
  }
  return undefined;
}

export function codeOf(run: () => unknown): ErrorCode | undefined {
  return factsOf(run)?.code;
}

export function countBy<T>(items: readonly T[], key: (item: T) => string | number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

export function messageHash(payload: Uint8Array): string {
  return toHashHex(sha256d(payload));
}

const LLMQ_NAMES: Readonly<Record<number, string>> = {
  1: "LLMQ_50_60",
  2: "LLMQ_400_60",
  3: "LLMQ_400_85",
  4: "LLMQ_100_67",
  5: "LLMQ_60_75",
  6: "LLMQ_25_67",
};

export function llmqName(commitment: FinalCommitment): string {
  return LLMQ_NAMES[commitment.llmqType] ?? `${commitment.llmqType}`;
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** @returns the 20 bytes of a base58check address, hex */
export function addressKeyId(address: string): string {
  let value = 0n;
  for (const character of address) value = value * 58n + BigInt(BASE58.indexOf(character));
  return value.toString(16).padStart(50, "0").slice(2, 42);
}

/** @returns `127.0.0.1:1` for an IPv4 service, as Core prints it */
export function serviceText(service: { address: Uint8Array; port: number }): string {
  return `${[...service.address.subarray(12)].join(".")}:${service.port}`;
}

export function reversedHex(bytes: Uint8Array): string {
  return bytesToHex(bytes.slice().reverse());
}
