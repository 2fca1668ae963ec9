import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { getQRInfo, type QRInfo, qrInfo } from "../../wire/qrInfo.ts";
import { composeDiffs } from "./composeDiffs.ts";
import { loadRecording } from "./recording.ts";
import { startNode } from "./replays.ts";

const PROTOCOL_VERSION = 70240;
const FOLDER = "regtest/cycle-a";

interface Captured {
  readonly file: string;
  readonly message: string;
  readonly protocolVersion: number;
  readonly request?: { readonly message: string; readonly payload: string };
}

/** Recorded answers at the version the node speaks, each with its request. */
function capturedAnswers(...messages: string[]): { file: string; command: string; request: Uint8Array }[] {
  const manifest = readVectorJson<{ messages: Captured[] }>(`${FOLDER}/manifest.json`);
  return manifest.messages.flatMap(({ file, message, protocolVersion, request }) => {
    const isWanted = messages.includes(message) && protocolVersion === PROTOCOL_VERSION;
    return request && isWanted
      ? [{ file, command: request.message, request: hexToBytes(request.payload) }]
      : [];
  });
}

function readDiff(name: string): MnListDiff {
  return decode(mnListDiff(PROTOCOL_VERSION), readVector(`${FOLDER}/mnlistdiff/${name}.bin`));
}

function asText(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  return typeof value === "bigint" ? String(value) : value;
}

/** What a diff says, whatever the order of what has none. */
function contentOf(diff: MnListDiff): unknown {
  const toText = (item: unknown) => JSON.stringify(item, asText);
  const clSigs = diff.quorumsCLSigs.flatMap(({ signature, indexes }) =>
    indexes.map(
      (i) => `${toHashHex(diff.newQuorums[i]?.quorumHash ?? diff.blockHash)} ${bytesToHex(signature)}`,
    ),
  );
  return {
    head: toText({ ...diff, deletedMNs: 0, mnList: 0, deletedQuorums: 0, newQuorums: 0, quorumsCLSigs: 0 }),
    deletedMNs: diff.deletedMNs.map(toText).sort(),
    mnList: diff.mnList.map(toText).sort(),
    deletedQuorums: diff.deletedQuorums.map(toText).sort(),
    newQuorums: diff.newQuorums.map(toText).sort(),
    clSigs: clSigs.sort(),
  };
}

function diffsOf(info: QRInfo): MnListDiff[] {
  return [
    info.mnListDiffTip,
    info.mnListDiffH,
    info.mnListDiffAtHMinusC,
    info.mnListDiffAtHMinus2C,
    info.mnListDiffAtHMinus3C,
    ...(info.atHMinus4C ? [info.atHMinus4C.mnListDiff] : []),
    ...info.mnListDiffList,
  ];
}

describe.runIf(hasVectors(FOLDER))("the replay node", () => {
  it("answers every recorded request with the recorded bytes", async () => {
    const node = await startNode();
    const captures = capturedAnswers("headers", "headers2", "mnlistdiff", "qrinfo").filter(
      ({ file }) => !file.includes("empty_locator"),
    );
    expect(captures.length).toBeGreaterThan(100);
    for (const { file, command, request } of captures) {
      const [answer] = node.answer(command, request);
      const recorded = readVector(`${FOLDER}/${file}`);
      expect(answer && bytesToHex(answer.payload), file).toBe(bytesToHex(recorded));
    }
    expect(node.misbehaviour).toBe(0);
  });

  it("puts diffs together as a node would have made them", () => {
    const heights = Array.from({ length: 31 }, (_, i) => 448 + i);
    const blocks = heights.slice(1).map((height) => `${height - 1}-${height}`);
    const steps = blocks.map((name, i) => readDiff(i < 28 ? `steps/${name}` : name));
    const whole = readDiff("448-478");
    expect(contentOf(composeDiffs(steps, whole.baseBlockHash, false))).toEqual(contentOf(whole));

    const cycles = Array.from({ length: 18 }, (_, i) => 16 + 24 * i);
    const fromEmpty = [readDiff("zero-16"), ...cycles.map((height) => readDiff(`${height}-${height + 24}`))];
    const full = readDiff("zero-448");
    expect(contentOf(composeDiffs(fromEmpty, full.baseBlockHash, true))).toEqual(contentOf(full));
  });

  it("puts a qrinfo on other bases as a node would have made it", () => {
    const recording = loadRecording("cycle-a");
    const codec = qrInfo(PROTOCOL_VERSION);
    const onTip = capturedAnswers("qrinfo").filter(({ file }) => /qrinfo\/478x?-b\d/.test(file));
    expect(onTip.length).toBe(8);
    for (const { file, request } of onTip) {
      const composed = recording.composeQrInfo(decode(getQRInfo, request));
      const recorded = decode(codec, readVector(`${FOLDER}/${file}`));
      const contents = composed && diffsOf(decode(codec, composed.payload)).map(contentOf);
      expect(contents, file).toEqual(diffsOf(recorded).map(contentOf));
    }
  });

  it("knows nothing above its tip", async () => {
    const node = await startNode({ tipHeight: 470 });
    const [first] = capturedAnswers("qrinfo").filter(({ file }) => file.includes("478x-bnone"));
    expect(first && node.answer(first.command, first.request)).toEqual([]);
    expect(node.misbehaviour).toBe(1);
  });
});
