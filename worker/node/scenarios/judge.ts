import type { ErrorCode } from "../../errors.ts";
import { differences, finalState, invalidQuorums } from "./finalState.ts";
import type { NodePenalty, Outcome } from "./outcome.ts";
import type { Scenario, Unsynced } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** What came of a run, and whether that is what had to. @param failure - why the script did not come to its end */
export function judge(
  scenario: Scenario,
  seed: number,
  stage: Stage,
  failure: string | undefined,
  timeMs: number,
): Outcome {
  const { client, net, snapshot } = stage;
  const different = differences(client, net.chain);
  const { headers, qrinfo, mnlistdiff, ...counts } = stage.counts;
  const penalties = penaltiesByNode(stage);
  const found = {
    name: scenario.name,
    seed,
    finished: failure === undefined,
    isSynced: snapshot.isSynced,
    isHonestState: different.length === 0,
    differences: different,
    state: finalState(client),
    problem: snapshot.problem?.code,
    cannotVerify: snapshot.cannotVerify,
    penalties,
    bans: Object.keys(penalties).filter((node) => penalties[node]?.some(({ isBan }) => isBan)),
    caughtBy: Object.fromEntries(Object.entries(penalties).map(([node, list]) => [node, codesOf(list)])),
    falseAccusations: falseAccusations(scenario, penalties),
    falseBeliefs: stage.beliefs.wrong,
    strikes: named(stage.strikes, (faults) => Object.keys(faults).length > 0),
    requests: { headers, qrinfo, mnlistdiff },
    ...counts,
    timeMs,
  };
  const reasons = [
    ...(failure === undefined ? [] : [failure]),
    ...wrongPenalties(scenario, found.caughtBy),
    ...mildPenalties(penalties),
    ...(scenario.unsynced ? wrongWords(scenario, found) : different),
    ...invalidQuorums(client),
    ...found.falseBeliefs,
    ...idleFaults(found.strikes),
  ];
  return { ...found, passed: reasons.length === 0, reasons: [...new Set(reasons)] };
}

function penaltiesByNode({ penalties, net }: Stage): Record<string, readonly NodePenalty[]> {
  const nodes = net.addresses.map((address) => {
    const own = penalties.filter((penalty) => penalty.address === address);
    return own.map(({ points, code, isBan }) => ({ points, code, isBan }));
  });
  return named(nodes, (list) => list.length > 0);
}

/** @param nodes - one value for each; those it says nothing of are left out */
function named<T>(nodes: readonly T[], says: (value: T) => boolean): Record<string, T> {
  const entries = nodes.map((value, i) => [`node ${i}`, value] as const);
  return Object.fromEntries(entries.filter(([, value]) => says(value)));
}

/** A run shows nothing about a fault that did not strike. */
function idleFaults(strikes: Outcome["strikes"]): string[] {
  return Object.entries(strikes).flatMap(([node, faults]) =>
    Object.entries(faults)
      .filter(([, count]) => count === 0)
      .map(([fault]) => `${node} was never hit by its fault: ${fault}`),
  );
}

function codesOf(penalties: readonly NodePenalty[]): string[] {
  return [...new Set(penalties.map(({ code }) => code))].sort();
}

function falseAccusations({ penalties: guilty = {} }: Scenario, penalties: Outcome["penalties"]): string[] {
  const honest = Object.entries(penalties).filter(([node]) => !(Number(node.slice(5)) in guilty));
  return honest.flatMap(([node, list]) => codesOf(list).map((code) => `${node}: ${code}`));
}

function wrongPenalties({ penalties = {} }: Scenario, caughtBy: Outcome["caughtBy"]): string[] {
  const expected = Object.fromEntries(
    Object.entries(penalties).map(([node, codes]) => [`node ${node}`, [...codes].sort()]),
  );
  const nodes = [...new Set([...Object.keys(expected), ...Object.keys(caughtBy)])];
  return nodes
    .map((node) => [node, String(caughtBy[node] ?? "nothing"), String(expected[node] ?? "nothing")] as const)
    .filter(([, actual, wanted]) => actual !== wanted)
    .map(([node, actual, wanted]) => `${node} is penalised for ${actual}, not for ${wanted}`);
}

/** Whom a proof refutes is banned at once: no points are left to lie with again. */
export function mildPenalties(penalties: Outcome["penalties"]): string[] {
  return Object.entries(penalties).flatMap(([node, list]) =>
    list
      .filter(({ code, isBan }) => isProof(code) && !isBan)
      .map(({ code, points }) => `${node} loses ${points} points for ${code} and is not banned`),
  );
}

/** A header from the future proves nothing: our own clock may be wrong. */
function isProof(code: ErrorCode): boolean {
  return /^(engine|chain)\//.test(code) && code !== "chain/time-too-new";
}

function wrongWords(
  { unsynced }: Scenario,
  { isSynced, problem, cannotVerify }: Pick<Outcome, "isSynced" | "problem" | "cannotVerify">,
): string[] {
  const code = unsynced?.problem;
  return [
    ...(isSynced ? ["it calls itself synced"] : []),
    ...(code === undefined || problem === code ? [] : [`the problem shown is ${problem}, not ${code}`]),
    ...(unsynced && !isSaid(unsynced, cannotVerify)
      ? [`it does not say that it cannot verify: ${unsynced.cannotVerify}`]
      : []),
  ];
}

export function isSaid({ cannotVerify: part }: Unsynced, sentences: readonly string[]): boolean {
  return part === undefined || sentences.some((sentence) => sentence.includes(part));
}
