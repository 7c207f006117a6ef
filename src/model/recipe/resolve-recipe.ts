import { StoreError } from "../../errors.ts";
import { type Arguments, type Condition, PHASES, type Phase, type Recipe, type Variable } from "../recipe.ts";
import { defaultPhases } from "./build-systems.ts";
import { holds } from "./evaluate.ts";
import { type Filling, fillTemplate, fillText } from "./fill-template.ts";
import { type Finding, invalidRecipe } from "./finding.ts";
import { dependencyVariable } from "./names.ts";
import { decideOptions, type OptionValues } from "./options.ts";
import { includesPlatform, type Platform } from "./platform.ts";
import { resolveDependencies } from "./resolve-dependencies.ts";
import { resolvePatches, resolveSources } from "./resolve-sources.ts";
import type { ResolvedDependency, ResolvedPart, ResolvedRecipe, ResolvedText } from "./resolved-recipe.ts";
import { shellQuote } from "./shell-quote.ts";
import { patchPhase, unpackPhase } from "./unpack-phase.ts";

export interface ResolveOptions {
  readonly platform: Platform;
  /** Values for some of the recipe's options; the others have their defaults. */
  readonly options?: OptionValues;
  /** Whether the build system's own `check` phase runs; one that the recipe gives always does. */
  readonly check?: boolean;
  /** The names of the files beside the recipes, `<recipe>/<path>`, as `toEscaped` writes them. Needed for globs. */
  readonly files?: Iterable<string>;
}

/**
 * Decides everything in `recipe` that can be decided before its dependencies are built.
 *
 * @throws StoreError INVALID_INPUT for options that the recipe does not have, UNSUPPORTED for a platform that it
 * excludes, INVALID_RECIPE for what is wrong only with these options on this platform
 */
export function resolveRecipe(
  recipe: Recipe,
  { platform, options, check = false, files }: ResolveOptions,
): ResolvedRecipe {
  const { name, version } = recipe;
  if (!includesPlatform(recipe.platforms, platform)) throw unsupported(recipe, platform);
  const findings: Finding[] = [];
  const values = decideOptions(name, recipe.options, options ?? {});
  const surroundings = { version, options: values, platform };
  const isActive = ({ when }: { readonly when?: Condition }): boolean =>
    when === undefined || holds(when.expression, surroundings);
  const checks = recipe.phases.check === undefined ? check : recipe.phases.check.text !== "";
  const dependencies = resolveDependencies(recipe, { isActive, checks, findings });
  const names = new Set<string>(dependencies.map((dependency) => dependency.name));
  const filling: Filling = { ...surroundings, name, dependencies: names, findings };
  const fileNames = files === undefined ? undefined : [...files];
  const sources = resolveSources(recipe.sources.filter(isActive), filling, fileNames);
  const patches = resolvePatches(recipe.patches.filter(isActive), filling, fileNames);
  const directory = recipe.directory === undefined ? "" : fillText(recipe.directory, filling);
  const resolved: ResolvedRecipe = {
    ...descriptionOf(recipe),
    platform,
    options: values,
    sources,
    patches,
    dependencies,
    env: resolveEnvironment(recipe.env.filter(isActive), filling),
    ...(directory === "" ? {} : { directory }),
    phases: resolvePhases(
      recipe,
      { filling, directory },
      {
        unpack: unpackPhase(sources),
        patch: patchPhase(patches),
        ...defaultPhases(recipe.build, {
          configure: toShellWords(recipe.configure.filter(isActive), filling),
          make: toShellWords(recipe.make.filter(isActive), filling),
          needed: dependencies.filter(isNeededToRun).map(({ name }) => `"$${dependencyVariable(name)}"`),
        }),
        ...(checks ? {} : { check: "" }),
      },
    ),
  };
  if (findings.length > 0) throw invalidRecipe(`the recipe ${name} ${version}`, findings);
  return resolved;
}

function isNeededToRun({ kinds }: ResolvedDependency): boolean {
  return kinds.includes("link") || kinds.includes("run");
}

type Described = Omit<
  ResolvedRecipe,
  "platform" | "options" | "sources" | "patches" | "dependencies" | "env" | "directory" | "phases"
>;

function descriptionOf(recipe: Recipe): Described {
  const { name, version, summary, license, homepage, metadata, build, references, addressing } = recipe;
  const { timeout, silentTimeout } = recipe;
  return {
    name,
    version,
    ...(summary === undefined ? {} : { summary }),
    ...(license === undefined ? {} : { license }),
    ...(homepage === undefined ? {} : { homepage }),
    metadata,
    build,
    references,
    addressing,
    ...(timeout === undefined ? {} : { timeout }),
    ...(silentTimeout === undefined ? {} : { silentTimeout }),
  };
}

function resolveEnvironment(env: readonly Variable[], filling: Filling): Readonly<Record<string, ResolvedText>> {
  return Object.fromEntries(env.map(({ name, value }) => [name, fillTemplate(value, filling)]));
}

function resolvePhases(
  recipe: Recipe,
  { filling, directory }: { readonly filling: Filling; readonly directory: string },
  defaults: Readonly<Partial<Record<Phase, string>>>,
): ResolvedRecipe["phases"] {
  const phases: Partial<Record<Phase, ResolvedText>> = {};
  for (const phase of PHASES) {
    const own = recipe.phases[phase];
    const text = own === undefined ? textOf(defaults[phase] ?? "") : fillTemplate(own, filling);
    const isInside = directory !== "" && phase !== "unpack" && phase !== "patch";
    if (text.length > 0) phases[phase] = isInside ? [...textOf(`cd ${shellQuote(`./${directory}`)}\n`), ...text] : text;
  }
  return phases;
}

function textOf(text: string): ResolvedText {
  return text === "" ? [] : [{ kind: "text", text }];
}

function toShellWords(groups: readonly Arguments[], filling: Filling): string {
  const words = groups.flatMap(({ args }) => args.map((arg) => fillTemplate(arg, filling)));
  return words.map((word) => ` ${word.map(toShell).join("") || "''"}`).join("");
}

function toShell(part: ResolvedPart): string {
  switch (part.kind) {
    case "text":
      return shellQuote(part.text);
    case "dependency":
      return `"$${dependencyVariable(part.name)}"`;
    case "output":
      return '"$out"';
  }
}

function unsupported({ name, version, platforms }: Recipe, { os, arch }: Platform): StoreError {
  return new StoreError("UNSUPPORTED", `${name} ${version} cannot be built on ${os}-${arch}`, {
    hint: `Its recipe is for ${platforms.join(", ")}.`,
    details: { platforms, platform: `${os}-${arch}` },
  });
}
