import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Job } from "./jobProcess.ts";
import type { Outcome } from "./outcome.ts";

/** What is reported of a run: a process that crashed or was killed has no outcome. */
export type JobResult = Outcome | Crash;

export interface Crash extends Pick<Job, "name" | "seed"> {
  readonly passed: false;
  readonly reasons: readonly string[];
}

export interface RunnerOptions {
  /** How many at a time. */
  readonly processes: number;
  /** Real time that a job may take; then its process is killed. */
  readonly limitMs: number;
}

const JOB_PROCESS = new URL("./jobProcess.ts", import.meta.url);

/**
 * Runs jobs in processes of their own.
 * @param onResult - as they end
 * @returns results in the order of the jobs
 */
export async function runJobs(
  jobs: readonly Job[],
  { processes, limitMs }: RunnerOptions,
  onResult: (result: JobResult) => void,
): Promise<JobResult[]> {
  const results: JobResult[] = [];
  let next = 0;
  const work = async () => {
    let child: ChildProcess | undefined;
    for (let i = next++; i < jobs.length; i = next++) {
      const job = jobs[i] as Job;
      if (child?.connected !== true) child = fork(JOB_PROCESS);
      const result = await runJob(child, job, limitMs);
      if (!("finished" in result)) child = undefined;
      results[i] = result;
      onResult(result);
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: processes }, work));
  return results;
}

async function runJob(child: ChildProcess, job: Job, limitMs: number): Promise<JobResult> {
  const over = new AbortController();
  const { signal } = over;
  let isHanging = false;
  const timer = setTimeout(() => {
    isHanging = true;
    child.kill("SIGKILL");
  }, limitMs);
  const answer = once(child, "message", { signal }).then(([outcome]) => outcome as Outcome);
  const crash = once(child, "exit", { signal }).then(([code]): Crash => {
    const { name, seed } = job;
    const reason = isHanging
      ? `it did not end within ${limitMs / 1000} s and was killed`
      : `the process ended with code ${code}`;
    return { name, seed, passed: false, reasons: [reason] };
  });
  child.send(job);
  try {
    return await Promise.race([answer, crash]);
  } finally {
    clearTimeout(timer);
    // The one that lost is rejected, and nobody listens.
    for (const loser of [answer, crash]) loser.catch(() => undefined);
    over.abort();
  }
}
