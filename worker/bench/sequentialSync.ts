import type { SignatureVerifier } from "../bls/index.ts";
import type { HeaderChain } from "../chain/headerChain.ts";
import { applyDiff } from "../engine/applyDiff.ts";
import type { EngineContext } from "../engine/context.ts";
import { feedQrInfo } from "../engine/feedQrInfo.ts";
import { type EngineState, newestList, sortedLists } from "../engine/state.ts";
import type { Peer } from "../net/peer.ts";
import { neededLlmqTypes } from "../params/index.ts";
import { discover, quorumsToJudge } from "../sync/discover.ts";
import { judgeQuorums } from "../sync/judge.ts";
import { type BlockHash, fromHashHex, type Height } from "../wire/hashes.ts";
import type { Message } from "../wire/message.ts";

const TIMEOUT_MS = 60_000;

/** What a plain sync asks for, one after the other. */
export interface SequentialResult {
  readonly engine: EngineState;
  /** Heights of the lists asked for. */
  readonly lists: readonly number[];
  readonly qrInfos: number;
  /** On the clock of `performance`, when the last answer was applied. */
  readonly fetchedAt: number;
}

/**
 * The baseline: the tip's list, then each needed list in ascending order by an awaited getmnlistd on the nearest lower
 * one, then snapshots by getqrinfo, one at a time from one peer. The engine, the codecs and the peer are the client's.
 */
export async function syncSequentially(
  peer: Peer,
  chain: HeaderChain,
  start: EngineState,
  context: EngineContext,
  verifier: SignatureVerifier,
): Promise<SequentialResult> {
  const neededTypes = neededLlmqTypes(context.params);
  const { height: tipHeight } = chain.tip;
  let engine = start;
  const lists: number[] = [];
  let qrInfos = 0;
  let fetchedAt = performance.now();
  for (;;) {
    const missing = discover(engine, context, {
      neededTypes,
      tipHeight,
      quorumSetHeights: [],
      awaitedQuorums: [],
    });
    const next = missing.tip ?? missing.missingLists[0];
    if (next) {
      engine = await fetchList(peer, engine, context, next.height, next.blockHash);
      lists.push(next.height);
    } else if (missing.missingCycles.length > 0) {
      engine = await fetchSnapshots(peer, engine, context, chain.tip.hash);
      qrInfos++;
    } else if (missing.unjudged === 0) {
      return { engine, lists, qrInfos, fetchedAt };
    } else {
      const list = newestList(engine);
      const quorums = list ? quorumsToJudge(engine, list, neededTypes) : [];
      engine = await judgeQuorums(engine, quorums, context, verifier);
      continue;
    }
    fetchedAt = performance.now();
  }
}

async function fetchList(
  peer: Peer,
  engine: EngineState,
  context: EngineContext,
  height: Height,
  blockHash: BlockHash,
): Promise<EngineState> {
  const base = sortedLists(engine).findLast((list) => list.height < height);
  const baseBlockHash = base?.blockHash ?? fromHashHex<BlockHash>(context.params.genesisHash);
  const take = (message: Message) => (message.command === "mnlistdiff" ? message : undefined);
  const request: Message = { command: "getmnlistd", payload: { baseBlockHash, blockHash } };
  const { payload } = await peer.request(request, take, { timeoutMs: TIMEOUT_MS });
  return applyDiff(engine, payload, context).state;
}

async function fetchSnapshots(
  peer: Peer,
  engine: EngineState,
  context: EngineContext,
  blockRequestHash: BlockHash,
): Promise<EngineState> {
  const baseBlockHashes = sortedLists(engine).map(({ blockHash }) => blockHash);
  const take = (message: Message) => (message.command === "qrinfo" ? message : undefined);
  const payload = { baseBlockHashes, blockRequestHash, extraShare: true };
  const answer = await peer.request({ command: "getqrinfo", payload }, take, { timeoutMs: TIMEOUT_MS });
  return feedQrInfo(engine, answer.payload, context).state;
}
