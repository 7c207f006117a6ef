import { resolve } from "node:path";
import type { BuildRecord } from "../../model/build-record.ts";
import { packageId } from "../../model/recipe/options.ts";
import { parseSpec } from "../../model/recipe/spec.ts";
import { openRecipes } from "../../recipes/open-recipes.ts";

/** Which build a person means, and where the words come from. */
export interface AskedBuild {
  /** A name, NAME@VERSION, what a message calls a package, or the path of a recipe. */
  readonly what: string;
  readonly cwd: string;
  /** Directories of recipes, for what a recipe that is named by its path builds on. */
  readonly recipes?: readonly string[] | undefined;
}

interface NamedBuild {
  readonly name: string;
  /** As `packageId` writes it. */
  readonly id: string;
}

/**
 * Whether a build is one of those that are meant: without a version any of that name, without options any of that version.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE for a path that leads to no recipe
 */
export function isAsked(asked: AskedBuild): (build: NamedBuild) => boolean {
  const words = isPath(asked.what) ? atPath(asked) : asked.what;
  return ({ name, id }) =>
    words === name ||
    words === id ||
    (words.startsWith(`${name}@`) && /^[+~ ]/.test(id.slice(words.length)) && id.startsWith(words));
}

/** The same for the record of a build that succeeded. */
export function namesOf({ derivation: { name, version, options } }: BuildRecord): NamedBuild {
  return { name, id: packageId(name, version, options) };
}

function isPath(what: string): boolean {
  return parseSpec(what).kind === "path";
}

function atPath({ what, cwd, recipes = [] }: AskedBuild): string {
  const { name, version } = openRecipes(recipes).load(resolve(cwd, what)).recipe;
  return `${name}@${version}`;
}
