import { sha256 } from "@noble/hashes/sha2.js";
import { applyDiff } from "../engine/applyDiff.ts";
import { restoreList } from "../engine/restoreList.ts";
import { EMPTY_ENGINE, sortedLists } from "../engine/state.ts";
import { hasVectors, readVector } from "../test/vectors.ts";
import { decode } from "../wire/codec.ts";
import { sha256d } from "../wire/hashes.ts";
import { mnListDiff } from "../wire/mnListDiff.ts";
import { qrInfo } from "../wire/qrInfo.ts";
import { MainnetLists } from "./mainnetLists.ts";
import { type BenchRow, makeRow, medianMs } from "./measure.ts";

const WHOLE = "mnlistdiff_0_2028691_p70230.bin";
const SERIES = "series_1720000/mnlistdiff";

/** Decoding and applying mainnet's answers, and the hashing that takes most of it. */
export async function benchDecodeAndApply(): Promise<BenchRow[]> {
  if (!hasVectors("mainnet/mnlistdiff") || !hasVectors("mainnet/qrinfo")) return [];
  const row = (what: string, ours: number, figure?: number) =>
    makeRow({
      what,
      ours,
      unit: "ms",
      isHigherBetter: false,
      ...(figure === undefined ? {} : { budget: { relation: "<=", figure } as const }),
    });
  const bytes = readVector(`mainnet/mnlistdiff/${WHOLE}`);
  const rotation = readVector("mainnet/qrinfo/qrinfo_2449949_p70236.bin");
  const { state, context, ...lists } = filled();
  const whole = lists.whole;
  const entries = whole.mnList.length;
  const applyTo = (base: typeof state, diff: typeof whole) => medianMs(() => applyDiff(base, diff, context));
  const stored = sortedLists(state).map((list) => ({ ...list, quorums: [...list.quorums.values()] }));
  const restoreAll = () =>
    stored.reduce((restored, list) => restoreList(restored, list, context), EMPTY_ENGINE);
  return [
    row(
      `decode a mnlistdiff of ${entries} entries`,
      await medianMs(() => decode(mnListDiff(70230), bytes)),
      40,
    ),
    row(
      `decode a qrinfo of ${Math.round(rotation.length / 1000)} kB`,
      await medianMs(() => decode(qrInfo(70236), rotation)),
      50,
    ),
    row(`apply a full mnlistdiff of ${entries} entries`, await applyTo(EMPTY_ENGINE, whole), 60),
    row("apply it again, its list held", await applyTo(applyDiff(state, whole, context).state, whole)),
    row(
      "apply the mnlistdiff of one cycle (2 new masternodes, 45 new quorums)",
      await applyTo(lists.beforeCycle, lists.cycle),
      10,
    ),
    row("apply the mnlistdiff of 24 blocks", await applyTo(lists.beforeHour, lists.hour), 10),
    row(`take back ${stored.length} stored lists`, await medianMs(restoreAll)),
    await benchDoubleHash(),
  ];
}

/** The recorded series, and what was held before two of its diffs. */
function filled() {
  const lists = new MainnetLists();
  const whole = lists.readDiff(WHOLE);
  const cycle = lists.readDiff(`${SERIES}_2187936_2188224_p70235.bin`);
  const hour = lists.readDiff(`${SERIES}_2188608_2188632_p70235.bin`);
  lists.applySeries();
  const below = (height: number) => ({
    ...lists.state,
    lists: new Map([...lists.state.lists].filter(([, list]) => list.height < height)),
  });
  const { state, context } = lists;
  return { state, context, whole, cycle, hour, beforeCycle: below(2_188_224), beforeHour: below(2_188_632) };
}

/** Pairs of hashes, as a merkle tree has them. */
async function benchDoubleHash(): Promise<BenchRow> {
  const hashes = Array.from({ length: 1001 }, (_, i) => sha256(Uint8Array.of(i, i >> 8)));
  const timeOf = async (hash: (left: Uint8Array, right: Uint8Array) => Uint8Array) => {
    const ms = await medianMs(() => {
      for (let i = 1; i < hashes.length; i++) hash(hashes[i - 1] as Uint8Array, hashes[i] as Uint8Array);
    });
    return 1_000_000 / ms;
  };
  return makeRow({
    what: "double SHA-256 of two hashes",
    ours: await timeOf(sha256d),
    unit: "hashes/s",
    isHigherBetter: true,
    opponent: {
      name: "noble",
      figure: await timeOf((left, right) => sha256(sha256.create().update(left).update(right).digest())),
    },
  });
}
