import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Job } from "./jobProcess.ts";
import type { Outcome } from "./outcome.ts";

/** What is reported of a run: a process that crashed has no outcome. */
export type JobResult = Outcome | Crash;

export interface Crash extends Job {
  readonly passed: false;
  readonly reasons: readonly string[];
}

const JOB_PROCESS = new URL("./jobProcess.ts", import.meta.url);

/**
 * Runs jobs in processes of their own, as many at a time as `processes`.
 * @param onResult - as they end
 * @returns results in the order of the jobs
 */
export async function runJobs(
  jobs: readonly Job[],
  processes: number,
  onResult: (result: JobResult) => void,
): Promise<JobResult[]> {
  const results: JobResult[] = [];
  let next = 0;
  const work = async () => {
    let child: ChildProcess | undefined;
    for (let i = next++; i < jobs.length; i = next++) {
      const job = jobs[i] as Job;
      if (child?.connected !== true) child = fork(JOB_PROCESS);
      const result = await runJob(child, job);
      results[i] = result;
      onResult(result);
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: processes }, work));
  return results;
}

async function runJob(child: ChildProcess, job: Job): Promise<JobResult> {
  const over = new AbortController();
  const { signal } = over;
  const answer = once(child, "message", { signal }).then(([outcome]) => outcome as Outcome);
  const crash = once(child, "exit", { signal }).then(([code]): Crash => {
    return { ...job, passed: false, reasons: [`the process ended with code ${code}`] };
  });
  child.send(job);
  try {
    return await Promise.race([answer, crash]);
  } finally {
    // The one that lost is rejected, and nobody listens.
    for (const loser of [answer, crash]) loser.catch(() => undefined);
    over.abort();
  }
}
