import { StoreError } from "../errors.ts";
import type { ByteString } from "../model/byte-string.ts";
import { nearest } from "../model/nearest.ts";
import { type Finding, findingAt } from "../model/recipe/finding.ts";
import { type OptionValues, resolveOptions } from "../model/recipe/options.ts";
import { includesPlatform, type Platform } from "../model/recipe/platform.ts";
import { resolveRecipe } from "../model/recipe/resolve-recipe.ts";
import { normalizePath } from "../model/recipe/resolve-sources.ts";
import { chooseVersion, formatVersionRange } from "../model/recipe/version-range.ts";
import { DEPENDENCY_KINDS, type Dependency, type Recipe } from "../model/recipe.ts";
import { inOrder } from "./parse-recipe.ts";
import { leadsOut, RECIPE_FILE, strayFilesIn } from "./recipe-files.ts";
import { recipeFields } from "./recipe-reader.ts";
import { composedOn, filesOn, namesOn, readOn, type Shelf, versionsOn } from "./recipe-shelf.ts";

export interface CheckOptions {
  /** Names of packages that other collections provide. */
  readonly others?: readonly string[] | undefined;
  /** The only recipe that is looked at; the others are there for what it needs. */
  readonly only?: string | undefined;
}

/** Every mistake in every version of every recipe, and where the recipes do not fit together. */
export function checkShelf(shelf: Shelf, { others = [], only }: CheckOptions = {}): readonly Finding[] {
  const names = namesOn(shelf);
  const checked = only === undefined ? names : [only];
  const extended = extendedFiles(shelf, names);
  return inOrder([
    ...checked.flatMap((name) => checkFiles(shelf, name, extended)),
    ...recipesOn(shelf, checked).flatMap((recipe) => [
      ...checkResolution(recipe, filesOn(shelf, recipe)),
      ...DEPENDENCY_KINDS.flatMap((kind) => recipe.dependencies[kind]).flatMap((each) =>
        names.includes(each.name) || !others.includes(each.name) ? checkDependency(shelf, each, names) : [],
      ),
    ]),
    ...checkCircles(shelf, checked),
    ...shelf.composing.roots
      .filter((root) => only === undefined || root.only === only)
      .flatMap(strayFilesIn)
      .map(({ path, reason }) => findingAt({ file: path, line: 1, column: 1 }, "meaning", { message: reason })),
  ]);
}

/** The recipe files that others extend: these may lack what only a whole recipe needs. */
function extendedFiles(shelf: Shelf, names: readonly string[]): ReadonlySet<string> {
  const chains = names.flatMap((name) => {
    const files = new Set([RECIPE_FILE, ...versionsOn(shelf, name).values()]);
    return [...files].flatMap((file) => composedOn(shelf, name, file)?.files.slice(1) ?? []);
  });
  return new Set(chains);
}

function checkFiles(shelf: Shelf, name: string, extended: ReadonlySet<string>): readonly Finding[] {
  const files = new Set(versionsOn(shelf, name).values());
  const main = composedOn(shelf, name, RECIPE_FILE);
  const isBase = main !== undefined && !files.has(RECIPE_FILE) && extended.has(main.files[0] ?? "");
  if (isBase) return [...main.findings, ...checkBase(main.tree), ...readAll(shelf, name, files)];
  if (main !== undefined) files.add(RECIPE_FILE);
  return readAll(shelf, name, files);
}

function readAll(shelf: Shelf, name: string, files: Iterable<string>): readonly Finding[] {
  return [...files].flatMap((file) => readOn(shelf, name, file)?.findings ?? []);
}

function checkBase(tree: Parameters<typeof recipeFields.read>[0] | undefined): readonly Finding[] {
  const findings: Finding[] = [];
  if (tree !== undefined) recipeFields.read(tree, findings);
  return findings;
}

function recipesOn(shelf: Shelf, names: readonly string[]): readonly Recipe[] {
  return names.flatMap((name) =>
    [...versionsOn(shelf, name).values()].flatMap((file) => readOn(shelf, name, file)?.recipe ?? []),
  );
}

const PLATFORMS: readonly Platform[] = [
  { os: "linux", arch: "x86_64" },
  { os: "linux", arch: "aarch64" },
  { os: "darwin", arch: "aarch64" },
];

/** Resolves the recipe with its defaults and with each other value of one option: what is missing then shows. */
function checkResolution(recipe: Recipe, files: ReadonlyMap<string, ByteString>): readonly Finding[] {
  const names = [...files.keys()];
  const platforms = PLATFORMS.filter((platform) => includesPlatform(recipe.platforms, platform));
  return platforms.flatMap((platform) =>
    variationsOf(recipe).flatMap((options) => {
      try {
        const { sources } = resolveRecipe(recipe, { platform, options, check: true, files: names });
        return sources.flatMap((source) => (source.kind === "path" ? checkLink(source.path, recipe, files) : []));
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "INVALID_RECIPE") throw error;
        return error.details.findings as readonly Finding[];
      }
    }),
  );
}

function checkLink(named: string, { sources, at }: Recipe, files: ReadonlyMap<string, ByteString>): readonly Finding[] {
  const path = files.get(named);
  if (path === undefined || !leadsOut(named, path)) return [];
  const own = sources.find((each) => each.kind === "path" && named.endsWith(`/${normalizePath(each.path.text)}`));
  const message = `'${named}' is a symlink that leads out of the recipe's directory`;
  return [findingAt(own?.at ?? at, "meaning", { message })];
}

function variationsOf({ options }: Recipe): readonly OptionValues[] {
  const single = options.flatMap((option): readonly OptionValues[] => {
    if (option.type === "bool") return [{ [option.name]: !option.default }];
    return option.type === "enum" ? option.values.map((value) => ({ [option.name]: value })) : [];
  });
  return [{}, ...single];
}

function checkDependency(
  shelf: Shelf,
  { name, range, options, at }: Dependency,
  names: readonly string[],
): readonly Finding[] {
  if (!names.includes(name)) {
    return [findingAt(at, "meaning", { message: `there is no recipe '${name}'`, suggestion: nearest(name, names) })];
  }
  const versions = versionsOn(shelf, name);
  const version = chooseVersion([...versions.keys()], range);
  if (version === undefined) {
    const known = [...versions.keys()].join(", ") || "none";
    return [
      findingAt(at, "meaning", {
        message: `no version of '${name}' is in ${formatVersionRange(range)}; there is ${known}`,
      }),
    ];
  }
  const recipe = readOn(shelf, name, versions.get(version) as string)?.recipe;
  if (recipe === undefined) return [];
  return resolveOptions(recipe.options, options).faults.map(({ message, suggestion }) =>
    findingAt(at, "meaning", { message: `${name}: ${message}`, suggestion }),
  );
}

/** Circles of dependencies that must be built before each other under all circumstances. */
function checkCircles(shelf: Shelf, names: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    for (const need of needsOf(shelf, name)) {
      const start = trail.indexOf(need.name);
      if (start >= 0) {
        const message = `dependencies go round in a circle: ${[...trail.slice(start), need.name].join(" -> ")}`;
        findings.push(findingAt(need.at, "meaning", { message }));
      } else if (!done.has(need.name)) visit(need.name, [...trail, need.name]);
    }
    done.add(name);
  };
  for (const name of names) if (!done.has(name)) visit(name, [name]);
  return findings;
}

function needsOf(shelf: Shelf, name: string): readonly Dependency[] {
  const versions = versionsOn(shelf, name);
  const file = versions.get(chooseVersion([...versions.keys()]) ?? "");
  const recipe = file === undefined ? undefined : readOn(shelf, name, file)?.recipe;
  if (recipe === undefined) return [];
  return [...recipe.dependencies.build, ...recipe.dependencies.link].filter(
    ({ when, name: need }) => when === undefined && need !== name,
  );
}
