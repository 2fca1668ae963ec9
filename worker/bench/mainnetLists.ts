import { applyDiff } from "../engine/applyDiff.ts";
import type { EngineContext } from "../engine/context.ts";
import { feedQrInfo } from "../engine/feedQrInfo.ts";
import type { MasternodeList } from "../engine/masternodeList.ts";
import { EMPTY_ENGINE, type EngineState, newestList } from "../engine/state.ts";
import { diffBetween, type MadeBlock, NO_SETS, type PlainSets, plainSetsOf } from "../engine/test/forge.ts";
import { KnownChain } from "../engine/test/knownChain.ts";
import { networkParams } from "../params/index.ts";
import { seededRandom } from "../test/seededRandom.ts";
import { readVector, readVectorJson } from "../test/vectors.ts";
import { decode, encode } from "../wire/codec.ts";
import { type FinalCommitment, makeFinalCommitment } from "../wire/finalCommitment.ts";
import { type Height, type ProTxHash, toHashHex } from "../wire/hashes.ts";
import { type MnListDiff, mnListDiff } from "../wire/mnListDiff.ts";
import { qrInfo } from "../wire/qrInfo.ts";
import { makeSmlEntry, type SmlEntry } from "../wire/smlEntry.ts";

const FOLDER = "mainnet/mnlistdiff";
const MADE_PROTOCOL = 70236;

interface RecordedDiff {
  readonly file: string;
  readonly protocolVersion: number;
  readonly expected: { readonly blockHeight: Height; readonly blockHash: string };
}

/** An engine fed with what mainnet's nodes answered, and with made changes at the rate of mainnet's. */
export class MainnetLists {
  state: EngineState = EMPTY_ENGINE;
  readonly context: EngineContext;
  readonly #chain = new KnownChain();
  readonly #recorded: ReadonlyMap<string, RecordedDiff>;

  constructor() {
    this.context = { params: networkParams("mainnet"), chain: this.#chain, isValidSignature: () => true };
    const { files } = readVectorJson<{ files: RecordedDiff[] }>(`${FOLDER}/manifest.json`);
    this.#recorded = new Map(files.map((recorded) => [recorded.file, recorded]));
    for (const { expected } of files) this.#chain.addHash(expected.blockHeight, expected.blockHash);
  }

  /** A recorded answer, read anew, as a connection would bring it. */
  readDiff(file: string): MnListDiff {
    const recorded = this.#recorded.get(file);
    if (!recorded) throw new Error(`no recording ${file}`);
    return decode(mnListDiff(recorded.protocolVersion), readVector(`${FOLDER}/${file}`));
  }

  apply(diff: MnListDiff): MasternodeList {
    const { state, list } = applyDiff(this.state, diff, this.context);
    this.state = state;
    return list;
  }

  /** The list of 1 720 000 and the eleven of the series that builds on it. */
  applySeries(): void {
    this.apply(this.readDiff("mnlistdiff_0_1720000_p70218.bin"));
    for (const file of this.#recorded.keys()) if (file.startsWith("series_")) this.apply(this.readDiff(file));
  }

  /** The lists and snapshots of a recorded qrinfo that starts from nothing. */
  feedQrInfo(): void {
    const folder = "mainnet/qrinfo/qrinfo_2449949";
    const expected = readVectorJson<{
      diffsInApplyOrder: { blockHeight?: Height; blockHash: string }[];
      lastCommitmentPerIndex: { quorumHeight: Height; quorumHash: string }[];
      nonRotatedQuorumsVerifiedFromListsAtHand: { quorumHeight: Height; quorumHash: string }[];
    }>(`${folder}_expected.json`);
    for (const { blockHeight, blockHash } of expected.diffsInApplyOrder) {
      if (blockHeight !== undefined) this.#chain.addHash(blockHeight, blockHash);
    }
    for (const { quorumHeight, quorumHash } of [
      ...expected.lastCommitmentPerIndex,
      ...expected.nonRotatedQuorumsVerifiedFromListsAtHand,
    ]) {
      this.#chain.addHash(quorumHeight, quorumHash);
    }
    const message = decode(qrInfo(70236), readVector(`${folder}_p70236.bin`));
    this.state = feedQrInfo(this.state, message, this.context).state;
  }

  /**
   * Lists above the newest one, 24 blocks apart, up to a number of lists.
   * @param isFromNothing - whether each comes as a whole list, not as what changed
   */
  applyMadeChanges(lists: number, isFromNothing: boolean): void {
    const random = seededRandom(20260131);
    let list = newestList(this.state) as MasternodeList;
    let block: MadeBlock = { height: list.height, hash: toHashHex(list.blockHash) };
    let sets = plainSetsOf(list);
    while (this.state.lists.size < lists) {
      const next = { height: block.height + 24, hash: (block.height + 24).toString(16).padStart(64, "0") };
      this.#chain.addHash(next.height, next.hash);
      const target = changeLikeMainnet(sets, random);
      const diff = isFromNothing
        ? diffBetween(NO_SETS, target, undefined, next)
        : diffBetween(sets, target, block, next);
      // Through the wire: what a list keeps of a message is a view of all its bytes.
      const codec = mnListDiff(MADE_PROTOCOL);
      list = this.apply(decode(codec, encode(codec, diff)));
      [block, sets] = [next, target];
    }
  }
}

/**
 * What a cycle of 24 blocks changes at the most in the recorded series: four entries banned or back, one gone, one new,
 * a quorum or, every fourth time, thirty-two.
 */
function changeLikeMainnet(sets: PlainSets, random: () => number): PlainSets {
  const masternodes = new Map(sets.masternodes);
  const pick = () => [...masternodes][Math.floor(random() * masternodes.size)] as [never, SmlEntry];
  for (let i = 0; i < 4; i++) {
    const [key, entry] = pick();
    masternodes.set(key, makeSmlEntry({ ...entry, isValid: !entry.isValid }));
  }
  const [gone, model] = pick();
  masternodes.delete(gone);
  const proRegTxHash = Uint8Array.from({ length: 32 }, () => random() * 256) as ProTxHash;
  masternodes.set(toHashHex(proRegTxHash), makeSmlEntry({ ...model, proRegTxHash }));
  return { masternodes, quorums: replaceOldest(sets.quorums, random() < 0.25 ? 32 : 1, random) };
}

/** New commitments in the place of as many others of their types: the same bytes but for their base block. */
function replaceOldest(
  quorums: PlainSets["quorums"],
  count: number,
  random: () => number,
): PlainSets["quorums"] {
  const replaced = new Map(quorums);
  for (const [key, commitment] of [...quorums].slice(0, count)) {
    const quorumHash = Uint8Array.from({ length: 32 }, () => random() * 256) as FinalCommitment["quorumHash"];
    replaced.delete(key);
    replaced.set(
      `${commitment.llmqType} ${toHashHex(quorumHash)}`,
      makeFinalCommitment({ ...commitment, quorumHash }),
    );
  }
  return replaced;
}
