import type { BuildRecord } from "./build-record.ts";
import { compareDerivations, type DerivationDifference } from "./derivation.ts";
import { isJsonObject } from "./json-object.ts";

/** A difference between two derivations; of an input also in what its own builds differed, and so on down. */
export interface Cause extends DerivationDifference {
  readonly causes: readonly Cause[];
}

/** What lies behind differences, as far as the builds of the inputs are recorded. `builds`: newest first. */
export function traceCauses(
  differences: readonly DerivationDifference[],
  builds: readonly BuildRecord[],
): readonly Cause[] {
  return trace(differences, builds, new Set());
}

function trace(
  differences: readonly DerivationDifference[],
  builds: readonly BuildRecord[],
  seen: ReadonlySet<string>,
): readonly Cause[] {
  return differences.map((difference) => {
    const [before, after] = [difference.before, difference.after].map(pathOf);
    const isInput = difference.member.startsWith("inputs.") && before !== undefined && after !== undefined;
    const pair = `${before} ${after}`;
    if (!isInput || seen.has(pair)) return { ...difference, causes: [] };
    const [old, now] = [before, after].map((path) => builds.find(({ output }) => output === path));
    const inside = old && now ? compareDerivations(old.derivation, now.derivation) : [];
    return { ...difference, causes: trace(inside, builds, new Set([...seen, pair])) };
  });
}

function pathOf(value: unknown): unknown {
  return isJsonObject(value) ? value.path : undefined;
}
