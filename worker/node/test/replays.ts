import { afterEach } from "vitest";
import { ClientRun, type ClientRunOptions } from "./clientRun.ts";
import { ReplayNode, type ReplayNodeOptions } from "./replayNode.ts";

/** Where nobody listens: a port of the system's that has no use any more. */
export const NOBODY = { address: "127.0.0.1:1" };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A node of `cycle-a` unless named otherwise; gone after the test. */
export async function startNode(options: Partial<ReplayNodeOptions> = {}): Promise<ReplayNode> {
  const node = await ReplayNode.start({ scenario: "cycle-a", ...options });
  cleanups.push(() => node.close());
  return node;
}

/** A client connected to these nodes; stopped after the test. */
export async function startClient(
  nodes: readonly ReplayNode[],
  options?: ClientRunOptions,
): Promise<ClientRun> {
  const run = await ClientRun.start(nodes, options);
  cleanups.push(() => run.client.stop());
  return run;
}
