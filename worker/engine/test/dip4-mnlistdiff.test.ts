import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { networkParams } from "../../params/index.ts";
import type { NetworkParams } from "../../params/types.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { toHashHex, ZERO_HASH } from "../../wire/hashes.ts";
import { extractMatches } from "../../wire/merkle.ts";
import { type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { MnType, smlEntry } from "../../wire/smlEntry.ts";
import { computeTxid } from "../../wire/tx.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { countValid, ListEntry, type MasternodeList } from "../masternodeList.ts";
import { quorumsOfType } from "../quorumSet.ts";
import { EMPTY_ENGINE } from "../state.ts";
import { KnownChain } from "./knownChain.ts";

interface RecordedDiff {
  readonly file: string;
  readonly protocolVersion: number;
  readonly framed: boolean;
  readonly expected: RecordedFacts;
}

interface RecordedFacts {
  readonly baseBlockHash: string;
  readonly blockHash: string;
  readonly blockHeight: number;
  readonly headerMerkleRootFromProof: string;
  readonly cbTxId: string;
  readonly cbTx: {
    readonly version: number;
    readonly merkleRootMNList: string;
    readonly merkleRootQuorums: string;
    readonly bestCLSignature?: string;
  };
  readonly deletedMNs: number;
  readonly mnListEntries: number;
  readonly mnEntriesByVersion: Record<string, number>;
  readonly evoEntries: number;
  readonly deletedQuorums: number;
  readonly newQuorums: number;
  readonly afterApply: {
    readonly masternodes: number;
    readonly validMasternodes: number;
    readonly quorums: number;
    readonly quorumsByType: Record<string, number>;
  };
}

/** Diffs in the order of the manifest: each base is there before what builds on it. */
const NETWORKS = [
  { network: "mainnet", diffs: 15, headers: undefined, verified: 0 },
  {
    network: "testnet",
    diffs: 32,
    headers: [
      ["testnet/headers/headers_846500_850999.bin", 846500],
      ["testnet/headers/headers_899800_905999.bin", 899800],
    ],
    // All but 530000 and 868888, whose headers are not recorded.
    verified: 30,
  },
] as const;

const MESSAGE_HEADER_SIZE = 24;

describe("verification.md 18.3: leaves of mainnet entries at 2221605", () => {
  it.each([
    [
      "version 1",
      1,
      "004840156c485fe9cae44c808bed054f5186c6108545caaac5049c1484d7e4b241b2db1fef27ca5b2085a44914e9987ba462e6653cde42b5040000000000000000000000000000000000ffffa8775004270f82027b2f0b86356e54ad9f6f9d09cc6b9397b194f01efa72cc9fcc15101014c7b870c7787b082c7ed08aaf3a1a9a4134ec928b93d0bdde60120a61f4e79944b3e201cc8401",
      "74b3b8aff1b2d6bd6d6b0c78363ca7c0f3cced5046751647cda583df3968f7c5",
    ],
    [
      "version 2, regular",
      2,
      "20bc090f0fe49b88ab29dc097d9ceb3c27642a5de02ee6001320c641f4b42eb6ec5f69544a1059871346220f9665146af3bb029bd87260dd0e0000000000000000000000000000000000ffffc6d37fcb270f829f1462e7ed9e05c070648f4f33b8ff6bf0677ac104d42b85993324a7ff3897b015f0b8eaa75ce70f525ea96eae2444a95ba57c85342ae8066428034e1f6947488eee59010000",
      "f4085dfe5a8b822c6ac6c52a44b1cb66ec05d39c13755b2474f4f9cb231f220f",
    ],
    [
      "version 2, Evo",
      2,
      "409c6fcb1e7d6fc989783f75ecddd99f81cff4c2710770c63ea28d612164593e44bb47c9b9850f265e30ee127a29a22478cb3b3842d7f239110000000000000000000000000000000000ffff951cf1be270fa18ab76ac05b494c300ba486a745cf6a34598d297f24a1db01750241630e9f04423a0b9f28d6557b87ee459e0759c29d402132b7406709b65610b00e3f6ae10b6cbaccd9010100bb01e568706e44a81e9e26cfdbd731e9e65935b99aee",
      "6709894964d667c531fb315ea1dd22302b91b8d2ef8af6fb0add988e3a1385e9",
    ],
    [
      "revoked",
      1,
      "a01c6698e8e0239ac68ee5bf226f2b63f37f1999fcb2a3bb2c952f3caa9b00379820c8acc77100ceaab045c8792dc7d09d4ab761dffba0ff1600000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000bd43d817556f42a6f546777684a9f6edfbc5972000",
      "54cd884bdc5fb016f76ece4b347b99574fa032dd899c999de691aa33c66cc427",
    ],
  ])("%s", (what, version, body, leaf) => {
    const isEligible = what !== "revoked";
    const entry = decode(smlEntry, hexToBytes(`0${version}00${body}`));
    const listed = new ListEntry(entry);
    expect(bytesToHex(listed.leaf)).toBe(leaf);
    expect(listed.key).toBe(toHashHex(hexToBytes(body.slice(0, 64))));
    expect(listed.isEligible).toBe(isEligible);
  });
});

for (const { network, diffs, headers, verified } of NETWORKS) {
  const folder = `${network}/mnlistdiff`;
  if (!hasVectors(folder)) continue;
  describe(folder, () => {
    const { files } = readVectorJson<{ files: RecordedDiff[] }>(`${folder}/manifest.json`);
    const params = networkParams(network);
    const chain = new KnownChain();
    for (const [path, first] of headers ?? []) chain.addHeaderFile(path, first);
    for (const { expected } of files) {
      if (chain.hashAt(expected.blockHeight) === undefined)
        chain.addHash(expected.blockHeight, expected.blockHash);
    }
    const context: EngineContext = { params, chain, isValidSignature: () => true };
    let applied: Map<string, { diff: MnListDiff; list: MasternodeList }>;
    beforeAll(() => {
      applied = new Map();
      let state = EMPTY_ENGINE;
      for (const { file, protocolVersion, framed } of files) {
        const bytes = readVector(`${folder}/${file}`).subarray(framed ? MESSAGE_HEADER_SIZE : 0);
        const diff = decode(mnListDiff(protocolVersion), bytes);
        const step = applyDiff(state, diff, context);
        state = step.state;
        applied.set(file, { diff, list: step.list });
      }
    });

    it.each(files)("$file gives the list and the quorums that the manifest names", ({ file, expected }) => {
      const step = applied.get(file);
      expect(expected).toMatchObject(step ? factsOf(step.diff, step.list, params) : { blockHash: file });
    });

    it(`are ${diffs} lists, ${verified} of them under a verified header`, () => {
      expect(files.length).toBe(diffs);
      expect(applied.size).toBe(diffs);
      const lists = [...applied.values()].map(({ list }) => list);
      expect(lists.filter(({ header }) => header === "verified").length).toBe(verified);
    });
  });
}

/** What was decoded and computed, in the manifest's terms. */
function factsOf(diff: MnListDiff, list: MasternodeList, params: NetworkParams): RecordedFacts {
  const byVersion: Record<string, number> = {};
  for (const { version } of diff.mnList) byVersion[version] = (byVersion[version] ?? 0) + 1;
  const byType: Record<string, number> = {};
  for (const { type, name } of params.llmqs.values()) {
    const count = quorumsOfType(list.quorums, type).length;
    if (count > 0) byType[name.toUpperCase()] = count;
  }
  const { version, merkleRootMNList, merkleRootQuorums, chainLock } = list.cbTx;
  const bestCLSignature = chainLock && { bestCLSignature: bytesToHex(chainLock.bestCLSignature) };
  return {
    baseBlockHash: toHashHex(diff.baseBlockHash),
    blockHash: toHashHex(list.blockHash),
    blockHeight: list.height,
    headerMerkleRootFromProof: toHashHex(extractMatches(diff).root),
    cbTxId: toHashHex(computeTxid(diff.cbTx)),
    cbTx: {
      version,
      merkleRootMNList: toHashHex(merkleRootMNList),
      merkleRootQuorums: toHashHex(merkleRootQuorums ?? ZERO_HASH),
      ...bestCLSignature,
    },
    deletedMNs: diff.deletedMNs.length,
    mnListEntries: diff.mnList.length,
    mnEntriesByVersion: byVersion,
    evoEntries: diff.mnList.filter(({ type }) => type === MnType.evo).length,
    deletedQuorums: diff.deletedQuorums.length,
    newQuorums: diff.newQuorums.length,
    afterApply: {
      masternodes: list.masternodes.length,
      validMasternodes: countValid(list.masternodes),
      quorums: list.quorums.size,
      quorumsByType: byType,
    },
  };
}
