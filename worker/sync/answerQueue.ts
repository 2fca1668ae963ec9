import type { SyncAnswer } from "./askPeer.ts";
import type { SyncTask } from "./syncTasks.ts";

/**
 * Brings answers into the engine one after another, each as soon as its base is there: so no order of arrival can
 * corrupt the engine. One whose base was given up is applied all the same, which shows whether it can be.
 * Source: `design/sync.md` 5
 */
export class AnswerQueue {
  readonly #apply: (task: SyncTask, answer: SyncAnswer) => Promise<void>;
  #held: { readonly task: SyncTask; readonly answer: SyncAnswer }[] = [];
  #last: Promise<void> = Promise.resolve();

  /** @param apply - must not throw */
  constructor(apply: (task: SyncTask, answer: SyncAnswer) => Promise<void>) {
    this.#apply = apply;
  }

  add(task: SyncTask, answer: SyncAnswer): void {
    this.#held.push({ task, answer });
    this.applyWhatIsReady();
  }

  /** A task ended, which others may have waited for. */
  applyWhatIsReady(): void {
    const ready = this.#held.filter(({ task: { base } }) => !base || base.status === "ended");
    this.#held = this.#held.filter((held) => !ready.includes(held));
    for (const { task, answer } of ready) {
      this.#last = this.#last.then(() => this.#apply(task, answer));
    }
  }

  clear(): void {
    this.#held = [];
  }
}
