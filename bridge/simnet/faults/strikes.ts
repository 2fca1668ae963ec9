import type { NodeProfile } from "./profile.ts";

/**
 * How often each of a node's faults struck, by the name of its field in the profile; of a door its kind, of a lie its
 * own name. A `closed` door is not counted: a node does not see who found it so.
 */
export class Strikes {
  readonly #counts = new Map<string, number>();

  /** 0: a fault that strikes whenever it can, and could not yet. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** From now on the profile's faults may strike. */
  expect(profile: NodeProfile): void {
    for (const fault of certainFaults(profile)) if (!this.#counts.has(fault)) this.#counts.set(fault, 0);
  }

  add(fault: string): void {
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }
}

/** @returns those that are not left to chance */
function certainFaults({ line, door, messages, frames, lies = [], ...others }: NodeProfile): string[] {
  const { unsolicited, headerSpam, chain } = others;
  const kinds = Object.entries({ ...line, ...messages, ...frames });
  const whole = Object.entries({ unsolicited, headerSpam, chain });
  return [
    ...kinds.filter(([, fault]) => shareOf(fault) === 1).map(([name]) => name),
    ...whole.filter(([, fault]) => fault !== undefined).map(([name]) => name),
    ...(door === undefined ? [] : [door.kind]),
    ...lies,
  ];
}

function shareOf(fault: object | number): number {
  return typeof fault === "object" && "share" in fault ? (fault as { readonly share: number }).share : 1;
}
