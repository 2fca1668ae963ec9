import { restartEngine, resumeSync, retryStart } from "../actions.ts";
import { ProblemBanner } from "../components/ProblemBanner.tsx";
import { ERROR_SENTENCES, thrownSentence } from "../errorSentences.ts";
import { formatAgo } from "../format.ts";
import { currentProblem, useApp } from "../store.ts";
import { useNow } from "../useNow.ts";

/** What the reader should know before anything else, on every screen. */
export function Problems() {
  const engine = useApp((state) => state.engine);
  const startError = useApp((state) => state.startError);
  const nowMs = useNow();
  const problem = useApp((state) => currentProblem(state.snapshot, nowMs));
  if (engine === "stopped") {
    return (
      <ProblemBanner
        tone="danger"
        sentence="The engine stopped working, so nothing is checked any more."
        note="What was saved on this device is still there."
        action={{ label: "Restart the engine", onClick: restartEngine }}
      />
    );
  }
  if (startError !== undefined) {
    return (
      <ProblemBanner
        tone="danger"
        sentence={thrownSentence(startError)}
        details={startError instanceof Error ? startError.message : String(startError)}
        action={{ label: "Try again", onClick: retryStart }}
      />
    );
  }
  if (problem === undefined) return null;
  const sentence = ERROR_SENTENCES[problem.code];
  return (
    <ProblemBanner
      tone="warn"
      sentence={sentence}
      note={`First seen ${formatAgo(problem.sinceMs, nowMs)}. Dashlight goes on trying by itself.`}
      details={problem.message === sentence ? undefined : problem.message}
      action={{
        label: "Try again now",
        onClick: problem.code === "client/sync-paused" ? resumeSync : retryStart,
      }}
    />
  );
}
