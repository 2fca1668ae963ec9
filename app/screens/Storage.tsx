import { useEffect, useState } from "react";
import type { StorageUsage } from "../../worker/api.ts";
import { requestStorageUsage, resetClient } from "../actions.ts";
import { ConfirmDialog } from "../components/ConfirmDialog.tsx";
import { StorageCard } from "../components/StorageCard.tsx";
import { thrownSentence } from "../errorSentences.ts";
import { useApp } from "../store.ts";

/** Often enough for a number nobody watches. */
const ASK_EVERY_MS = 10_000;

/** What is kept, with the way to forget it. */
export function Storage() {
  const network = useApp((state) => state.snapshot?.network);
  const engine = useApp((state) => state.engine);
  const [isAsking, setIsAsking] = useState(false);
  const [outcome, setOutcome] = useState("");
  const usage = useStorageUsage(engine, outcome);

  function forget(): void {
    setIsAsking(false);
    resetClient()
      .then(() => "Everything was forgotten, and the sync started again.")
      .catch(thrownSentence)
      .then(setOutcome);
  }

  return (
    <>
      <StorageCard
        usage={usage}
        outcome={outcome}
        onReset={() => {
          setOutcome("");
          setIsAsking(true);
        }}
      />
      {isAsking && (
        <ConfirmDialog
          title="Forget everything?"
          action="Forget everything"
          onConfirm={forget}
          onCancel={() => setIsAsking(false)}
        >
          All headers, lists and quorums of {network ?? "this network"} saved here are deleted and fetched
          again. Your settings stay.
        </ConfirmDialog>
      )}
    </>
  );
}

/** @param changes - asked again at once when any of them changes */
function useStorageUsage(...changes: readonly string[]): StorageUsage | undefined {
  const [usage, setUsage] = useState<StorageUsage>();
  const change = changes.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change is the reason to ask again
  useEffect(() => {
    let isWanted = true;
    const ask = () =>
      requestStorageUsage()
        .catch(() => undefined)
        .then((answer) => isWanted && setUsage(answer));
    ask();
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [change]);
  return usage;
}
