import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { FrameDecoder } from "../frame.ts";
import { type Command, decodeMessage, encodeMessage, type KnownMessage } from "../message.ts";
import { payloads } from "./arbitraries.ts";
import {
  fileRecordings,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
} from "./recordings.ts";

export interface Sample {
  readonly label: string;
  readonly command: string;
  readonly payload: Uint8Array;
  readonly protocolVersion: number;
}

const FOLDERS = [
  "mainnet/mnlistdiff",
  "mainnet/qrinfo",
  "mainnet/blocks",
  "mainnet/chainlock",
  "testnet/mnlistdiff",
  "testnet/qrinfo",
  "testnet/chainlock",
  "devnet/qrinfo",
  "instantsend",
];

/** Every recorded message and request of a kind we know, once each. */
export function recordedMessages(): Sample[] {
  const samples = [
    ...FOLDERS.filter(hasVectors).flatMap(folderSamples),
    ...REGTEST_SCENARIOS.flatMap(regtestSamples),
    ...jsonSamples(),
  ];
  const known = samples.filter((sample) => isKnown(sample.command));
  return [...new Map(known.map((sample) => [`${sample.command} ${sample.label}`, sample])).values()];
}

/** Messages with a content of every kind, so that there are some without any recording. */
export function generatedMessages(): Sample[] {
  const byCommand = payloads(70240);
  return (Object.keys(byCommand) as Command[]).flatMap((command) =>
    fc.sample(byCommand[command] as fc.Arbitrary<unknown>, { numRuns: 10, seed: 1 }).map((payload, i) => ({
      label: `generated ${i}`,
      command,
      payload: encodeMessage({ command, payload } as KnownMessage, 70240),
      protocolVersion: 70240,
    })),
  );
}

function isKnown(command: string): boolean {
  try {
    return decodeMessage(command, new Uint8Array(0), 70240).command !== "unknown";
  } catch {
    return true;
  }
}

function folderSamples(folder: string): Sample[] {
  return fileRecordings(folder)
    .filter(({ file }) => file.endsWith(".bin"))
    .map((entry) => {
      const bytes = readRecording(folder, entry);
      return {
        label: `${folder}/${entry.file}`,
        command: entry.message,
        payload: entry.framed ? unframe(bytes) : bytes,
        protocolVersion: entry.protocolVersion ?? 70240,
      };
    });
}

function unframe(bytes: Uint8Array): Uint8Array {
  const [frame] = new FrameDecoder(bytes.subarray(0, 4)).push(bytes);
  if (frame?.kind !== "message") throw new Error("no message");
  return frame.payload;
}

function regtestSamples(scenario: string): Sample[] {
  return regtestRecordings(scenario).flatMap((entry: Recording) => {
    const label = `${scenario}/${entry.file}`;
    const { protocolVersion, request } = entry;
    const answer = {
      label,
      command: entry.message,
      payload: readRecording(scenario, entry),
      protocolVersion,
    };
    if (request === undefined) return [answer];
    const asked = {
      label: `${label} request`,
      command: request.message,
      payload: hexToBytes(request.payload),
    };
    return [answer, { ...asked, protocolVersion }];
  });
}

/** Messages that stand as hex in JSON files: what clients sent, and what stayed unanswered. */
function jsonSamples(): Sample[] {
  return REGTEST_SCENARIOS.flatMap((scenario) => {
    interface Sent {
      message: string;
      payload: string;
    }
    const { unanswered } = readVectorJson<{ unanswered: { request: Sent; protocolVersion: number }[] }>(
      `${scenario}/manifest.json`,
    );
    const handshakes = readVectorJson<{ ours: { protocol: number }; sent: Sent[] }[]>(
      `${scenario}/handshake/handshakes.json`,
    );
    return [
      ...unanswered.map(({ request, protocolVersion }) => ({ ...request, protocolVersion })),
      ...handshakes.flatMap(({ ours, sent }) =>
        sent.map((one) => ({ ...one, protocolVersion: ours.protocol })),
      ),
    ].map(({ message, payload, protocolVersion }, i) => ({
      label: `${scenario} sent ${i}`,
      command: message,
      payload: hexToBytes(payload),
      protocolVersion,
    }));
  });
}
