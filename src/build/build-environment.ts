import { dependencyVariable } from "../model/recipe/names.ts";
import type { PlannedPackage } from "./build-plan.ts";
import { inputEnvironment, joinEnvironments, type SeenInput } from "./input-environment.ts";
import type { PreparedBuild } from "./prepare-build.ts";
import type { BuildPlace } from "./run-phases.ts";

type BuildToSee = Pick<PreparedBuild, "derivation" | "inputs"> & {
  readonly planned: PlannedPackage;
  readonly jobs: number;
};

/** All variables that a build finds in this place: those that every build has, its inputs', its recipe's and its own. */
export function buildEnvironment(
  { planned, derivation, inputs, jobs }: BuildToSee,
  place: Pick<BuildPlace, "paths" | "environment" | "source" | "input" | "fill">,
): Record<string, string> {
  const seen = inputs.map((input): SeenInput => ({ ...input, ...place.input(input.path) }));
  const recipe = Object.fromEntries(Object.entries(planned.recipe.env).map(([name, text]) => [name, place.fill(text)]));
  const own = Object.fromEntries(seen.map((input) => [dependencyVariable(input.name), input.seen]));
  const { name, version } = derivation;
  const fixed = { out: place.paths.out, src: place.source, name, version, jobs: String(jobs), ...own };
  return { ...joinEnvironments(inputEnvironment(seen, place.paths.out), place.environment, recipe), ...fixed };
}
