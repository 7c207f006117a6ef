import { type Condition, DEPENDENCY_KINDS, type Dependency, type DependencyKind, type Recipe } from "../recipe.ts";
import { type Finding, findingAt } from "./finding.ts";
import type { OptionValues } from "./options.ts";
import type { ResolvedDependency } from "./resolved-recipe.ts";

interface Circumstances {
  readonly isActive: (item: { readonly when?: Condition }) => boolean;
  /** Whether the package is checked, which needs the dependencies of kind `check`. */
  readonly checks: boolean;
  readonly findings: Finding[];
}

/** The dependencies of `recipe`, one per name, with all that is asked of each. */
export function resolveDependencies(
  recipe: Recipe,
  { isActive, checks, findings }: Circumstances,
): readonly ResolvedDependency[] {
  const byName = new Map<string, ResolvedDependency>();
  for (const kind of DEPENDENCY_KINDS) {
    if (kind === "check" && !checks) continue;
    for (const dependency of recipe.dependencies[kind].filter(isActive)) {
      byName.set(dependency.name, join(byName.get(dependency.name), kind, dependency, findings));
    }
  }
  return [...byName.values()];
}

function join(
  known: ResolvedDependency | undefined,
  kind: DependencyKind,
  dependency: Dependency,
  findings: Finding[],
): ResolvedDependency {
  const { name, range, options } = dependency;
  const isOrderOnly = dependency.orderOnly === true && (known === undefined || known.orderOnly === true);
  const orderOnly = isOrderOnly ? ({ orderOnly: true } as const) : {};
  if (known === undefined) return { name, kinds: [kind], ranges: isAny(range) ? [] : [range], options, ...orderOnly };
  return {
    name,
    kinds: known.kinds.includes(kind) ? known.kinds : [...known.kinds, kind],
    ranges: isAny(range) ? known.ranges : [...known.ranges, range],
    options: joinOptions(known.options, dependency, findings),
    ...orderOnly,
  };
}

function isAny(range: Dependency["range"]): boolean {
  return range.some((comparisons) => comparisons.length === 0);
}

function joinOptions(known: OptionValues, { name, options, at }: Dependency, findings: Finding[]): OptionValues {
  for (const [option, value] of Object.entries(options)) {
    // `+static` and `static=true` ask for the same.
    if (Object.hasOwn(known, option) && String(known[option]) !== String(value)) {
      const message = `'${name}' is asked for with two values of its option '${option}'`;
      findings.push(findingAt(at, "meaning", { message }));
    }
  }
  return { ...known, ...options };
}
