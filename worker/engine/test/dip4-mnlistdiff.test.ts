import { bytesToHex } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { networkParams } from "../../params/index.ts";
import type { NetworkParams } from "../../params/types.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { toHashHex, ZERO_HASH } from "../../wire/hashes.ts";
import { extractMatches } from "../../wire/merkle.ts";
import { type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { MnType } from "../../wire/smlEntry.ts";
import { computeTxid } from "../../wire/tx.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { countValid, type MasternodeList } from "../masternodeList.ts";
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
