import { type Condition, PHASES, type Recipe, type Template } from "../model/recipe.ts";

/** Every condition in a recipe. */
export function conditionsOf({ sources, patches, dependencies, configure, make, env }: Recipe): readonly Condition[] {
  const items: readonly { readonly when?: Condition }[] = [
    ...sources,
    ...patches,
    ...Object.values(dependencies).flat(),
    ...configure,
    ...make,
    ...env,
  ];
  return items.flatMap(({ when }) => when ?? []);
}

/** Templates that must not lead out of the directory that they are relative to. */
export function pathsOf({ sources, patches, directory }: Recipe): readonly Template[] {
  const local = sources.flatMap((source) => (source.kind === "path" ? source.path : []));
  return [...local, ...sources.flatMap(({ to }) => to ?? []), ...patches.map(({ file }) => file), ...orNone(directory)];
}

/** Templates that are filled before anything is built, and so cannot mention store paths. */
export function staticTemplatesOf(recipe: Recipe): readonly Template[] {
  const { sources } = recipe;
  const urls = sources.flatMap((source) => (source.kind === "fetched" ? source.urls : []));
  const trees = sources.flatMap((source) => (source.kind === "worktree" ? source.path : []));
  return [...urls, ...trees, ...sources.flatMap(({ fileName }) => fileName ?? []), ...pathsOf(recipe)];
}

export function argumentsOf({ configure, make }: Recipe): readonly Template[] {
  return [...configure, ...make].flatMap(({ args }) => args);
}

/** Templates that are filled when the package is built. */
export function buildTemplatesOf(recipe: Recipe): readonly Template[] {
  const phases = PHASES.flatMap((phase) => orNone(recipe.phases[phase]));
  return [...argumentsOf(recipe), ...recipe.env.map(({ value }) => value), ...phases];
}

function orNone<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
