import { expect } from "vitest";
import type { ClientSnapshot, LightClientApi, MasternodeRow, QuorumRow } from "../../api.ts";
import type { Watch } from "./services.ts";

/** All that a client proved, with the keys. */
export interface SyncedState {
  readonly shown: Pick<ClientSnapshot, "tip" | "chainLock" | "masternodes" | "quorums" | "cannotVerify">;
  readonly masternodes: readonly MasternodeRow[];
  readonly quorums: readonly QuorumRow[];
  readonly keys: readonly (string | undefined)[];
}

type Questions = Pick<LightClientApi, "masternodes" | "quorums" | "quorumPublicKey">;

/** Waits until it is synced and the tip is final, which must be without a problem: its ChainLock may come last. */
export async function stateOnceSynced(watch: Watch, client: Questions): Promise<SyncedState> {
  const { tip, chainLock, masternodes, quorums, cannotVerify, problem } = await watch.when(
    "synced, and the tip is final",
    ({ isSynced, tip: shown }) => isSynced && shown?.isChainLocked === true,
  );
  expect(problem).toBeUndefined();
  const rows = await client.quorums();
  const keys = rows.map(({ llmqType, quorumHash }) => client.quorumPublicKey(llmqType, quorumHash));
  return {
    shown: { tip, chainLock, masternodes, quorums, cannotVerify },
    masternodes: await client.masternodes(),
    quorums: rows,
    keys: await Promise.all(keys),
  };
}
