import { BRANCHES } from "./branches.ts";
import { FAULTS } from "./faults.ts";
import { HONEST } from "./honest.ts";
import { LIARS } from "./lies.ts";
import { MIXTURES } from "./mixtures.ts";
import type { Scenario } from "./scenario.ts";

/** All scenarios, by subject. */
export const CATALOGUE: readonly Scenario[] = [...HONEST, ...BRANCHES, ...FAULTS, ...MIXTURES, ...LIARS];
