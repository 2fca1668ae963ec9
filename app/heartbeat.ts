/** A busy engine answers late, a dead one never: long enough for the first, short enough to say the second. */
const ANSWER_WITHIN_MS = 15_000;
const PAUSE_MS = 5_000;

/** The first answer comes when the engine's code is downloaded, on a slow line too. */
const FIRST_ANSWER_WITHIN_MS = 60_000;

/**
 * Asks again and again whether the other side still answers, since a call to a dead worker never settles.
 * @param ping - settles when the other side answers
 * @param onSilent - called once, when an answer is missing or ping fails; nothing is asked after it
 * @returns stops asking
 */
export function startHeartbeat(ping: () => Promise<void>, onSilent: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  function stop(): void {
    isStopped = true;
    clearTimeout(timer);
  }

  function giveUp(): void {
    if (isStopped) return;
    stop();
    onSilent();
  }

  function beat(answerWithinMs: number): void {
    const askedAtMs = Date.now();
    timer = setTimeout(() => {
      // A device that slept runs this late and at once on waking, before the answer had a chance: ask again.
      if (Date.now() - askedAtMs > 2 * answerWithinMs) beat(answerWithinMs);
      else giveUp();
    }, answerWithinMs);
    const deadline = timer;
    ping().then(() => {
      if (isStopped || timer !== deadline) return;
      clearTimeout(timer);
      timer = setTimeout(beat, PAUSE_MS, ANSWER_WITHIN_MS);
    }, giveUp);
  }

  beat(FIRST_ANSWER_WITHIN_MS);
  return stop;
}
