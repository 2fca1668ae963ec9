import { describeStatus, type Status } from "./status.ts";
import { useApp } from "./store.ts";
import { useNow } from "./useNow.ts";

/** @returns the answer as it is now; its ages go on by themselves */
export function useStatus(): Status {
  const engine = useApp((state) => state.engine);
  const snapshot = useApp((state) => state.snapshot);
  const lastVerifiedMs = useApp((state) => state.lastVerifiedMs);
  const isOnline = useApp((state) => state.isOnline);
  const nowMs = useNow();
  return describeStatus({ engine, snapshot, lastVerifiedMs, isOnline }, nowMs);
}
