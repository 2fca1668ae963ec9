import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import type { QRInfo } from "../../../worker/wire/qrInfo.ts";

/** The diffs inside, in the order in which they build on each other since 70236. */
export function diffsOldestFirst(info: QRInfo): MnListDiff[] {
  return [
    ...info.mnListDiffList,
    ...(info.atHMinus4C ? [info.atHMinus4C.mnListDiff] : []),
    info.mnListDiffAtHMinus3C,
    info.mnListDiffAtHMinus2C,
    info.mnListDiffAtHMinusC,
    info.mnListDiffH,
    info.mnListDiffTip,
  ];
}
