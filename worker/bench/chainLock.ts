import { type Bls, createMclBls, createNobleBls } from "../bls/index.ts";
import { applyDiff } from "../engine/applyDiff.ts";
import type { EngineContext } from "../engine/context.ts";
import { prepareChainLock } from "../engine/locks.ts";
import { EMPTY_ENGINE } from "../engine/state.ts";
import { KnownChain } from "../engine/test/knownChain.ts";
import { networkParams } from "../params/index.ts";
import { verifyLock } from "../sync/judge.ts";
import { readVector } from "../test/vectors.ts";
import { decode } from "../wire/codec.ts";
import { toHashHex } from "../wire/hashes.ts";
import { chainLock } from "../wire/locks.ts";
import { mnListDiff } from "../wire/mnListDiff.ts";
import { type BenchRow, makeRow, medianMs } from "./measure.ts";

/** A recorded one of testnet, from the set of quorums to the verdict. */
export async function benchChainLock(): Promise<BenchRow> {
  const params = networkParams("testnet");
  const diff = decode(mnListDiff(70230), readVector("testnet/mnlistdiff/mnlistdiff_0_905762_p70230.bin"));
  const lock = decode(chainLock, readVector("testnet/chainlock/clsig_905775.bin"));
  const chain = new KnownChain().addHash(905_762, toHashHex(diff.blockHash));
  const context: EngineContext = { params, chain, isValidSignature: () => true };
  const { state } = applyDiff(EMPTY_ENGINE, diff, context);
  const timeOf = (bls: Bls) =>
    medianMs(async () => {
      const { status } = await verifyLock("chainlock", prepareChainLock(state, lock, context), bls);
      if (status !== "verified") throw new Error(status);
    });
  return makeRow({
    what: "verify one ChainLock",
    ours: await timeOf(await createMclBls()),
    unit: "ms",
    isHigherBetter: false,
    opponent: { name: "noble", figure: await timeOf(createNobleBls()) },
    budget: { relation: "<=", figure: 15 },
  });
}
