import type { NodeProfile } from "../../../bridge/simnet/faults/profile.ts";
import { DRIP, STALE, STALE_DEPTH, WRONG_ORDER } from "./faults.ts";
import type { Scenario } from "./scenario.ts";
import { caughtAlone, syncsFromStale } from "./scripts.ts";

const SLOW_AND_LOSSY: NodeProfile = {
  line: { latencyMs: 30, jitterMs: 20 },
  messages: { lose: { share: 0.5, commands: ["mnlistdiff", "qrinfo"] } },
};

/** Several faults at once, of one node and of different ones. */
export const MIXTURES: readonly Scenario[] = [
  {
    name: "slow-and-lossy-with-a-liar",
    what: "Answers take 600 ms and more, half of all lists never come, and the node that comes first lies.",
    isFast: true,
    profiles: [{ ...SLOW_AND_LOSSY, lies: ["changedEntry"] }, SLOW_AND_LOSSY, SLOW_AND_LOSSY],
    script: caughtAlone("engine/merkle-root-mismatch"),
    penalties: { 0: ["engine/merkle-root-mismatch"] },
  },
  {
    name: "wrong-order-and-stale-then-drip",
    what: "The only node's answers change places, 20 blocks below; the others bring the rest in tiny pieces.",
    isFast: true,
    // The client asks a slow line for one thing at a time, so that nothing could change places there.
    profiles: [{ ...WRONG_ORDER, ...STALE }, DRIP, DRIP],
    script: syncsFromStale(STALE_DEPTH),
  },
];
