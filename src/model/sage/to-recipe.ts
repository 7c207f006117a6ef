import { parsePackageName, parsePackageVersion } from "../ids.ts";
import { startOf, type Where } from "../recipe/place.ts";
import { parseTemplate } from "../recipe/template.ts";
import type { Condition, Dependency, Recipe, RecipeOption, Source, Template } from "../recipe.ts";
import { isWheel } from "./checksums.ts";
import type { SagePackage } from "./package.ts";
import { HELPER_DIRECTORY, PACKAGE_DIRECTORY, sagePhases } from "./phases.ts";

export interface SageSurroundings {
  /** The directory of the package, for messages. */
  readonly directory: string;
  /** The files and directories of the package that its scripts can use; true: a directory. */
  readonly files: ReadonlyMap<string, boolean>;
  /** The names of the tree's helpers that it needs. */
  readonly helpers: readonly string[];
  /** Names of the packages that the machine provides. */
  readonly fromMachine: (name: string) => boolean;
  /** The package that is the tree's Python. */
  readonly python: string;
  /** Whether order-only dependencies count for the derivation key, too. */
  readonly strict: boolean;
}

/** Where the tree's helpers stand among the files of a recipe. */
export const HELPERS = "build/bin";

/**
 * A package of a Sage tree as an ordinary recipe. What stands before the `|` of its dependencies goes into the key; what
 * stands behind does not, unless `strict`; Python counts for every package that is installed into its directories.
 */
export function toRecipe(found: SagePackage, surroundings: SageSurroundings): Recipe {
  const where: Where = { file: surroundings.directory, lines: [] };
  const { name, version, kind, type, dependencies } = found;
  const canCheck = [...found.scripts.keys()].some((script) => script.startsWith("spkg-check"));
  const hasOption = canCheck || dependencies.check.length > 0;
  const phases = sagePhases({ name, version, kind, checks: hasOption ? "{{options.check}}" : "false" });
  return {
    name: parsePackageName(name),
    version: parsePackageVersion(version),
    at: startOf(where),
    metadata: { "sage-type": type, "sage-kind": kind },
    platforms: [],
    sources: sourcesOf(found, surroundings, where),
    patches: [],
    options: hasOption ? [checkOption(where)] : [],
    dependencies: { ...dependenciesOf(found, surroundings, where), run: [], check: [] },
    build: "script",
    configure: [],
    make: [],
    env: [],
    phases: Object.fromEntries(
      Object.entries(phases).map(([phase, text]) => [phase, { text, parts: parseTemplate(text).parts, where }]),
    ),
    references: { disallow: [] },
    addressing: "content",
  };
}

function checkOption(where: Where): RecipeOption {
  return { name: "check", summary: "run the test suite", at: startOf(where), type: "bool", default: false };
}

function sourcesOf({ name, tarball }: SagePackage, { files, helpers }: SageSurroundings, where: Where): Source[] {
  const literal = (text: string): Template => ({ text, parts: [{ kind: "text", text }], where });
  const beside = (directory: string, file: string, to: string): Source => ({
    kind: "path",
    path: literal(file),
    beside: directory,
    to: literal(to),
    unpack: false,
    at: startOf(where),
  });
  const own = [...files].map(([file, isDirectory]) =>
    beside(name, file, isDirectory ? `${PACKAGE_DIRECTORY}/${file}` : PACKAGE_DIRECTORY),
  );
  const shared = helpers.map((helper) => beside(HELPERS, helper, HELPER_DIRECTORY));
  if (tarball === undefined) return [...own, ...shared];
  const sum = tarball.sha256 === undefined ? `sha1:${tarball.sha1}` : `sha256:${tarball.sha256}`;
  const fetched: Source = {
    kind: "fetched",
    urls: tarball.urls.map(literal),
    integrity: sum,
    fileName: literal(tarball.fileName),
    to: literal(isWheel(tarball.fileName) ? `${PACKAGE_DIRECTORY}/src/dist` : `${PACKAGE_DIRECTORY}/src`),
    unpack: !isWheel(tarball.fileName),
    at: startOf(where),
  };
  return [fetched, ...own, ...shared];
}

function dependenciesOf(
  { dependencies, isPython }: SagePackage,
  { fromMachine, python, strict }: SageSurroundings,
  where: Where,
): { readonly build: readonly Dependency[]; readonly link: readonly Dependency[] } {
  const counts = (name: string): boolean => strict || (isPython && name === python);
  const make = (name: string, more: Partial<Dependency>): Dependency => ({
    name: parsePackageName(name),
    range: [[]],
    options: {},
    at: startOf(where),
    ...more,
  });
  const needed = (names: readonly string[]): readonly string[] => names.filter((name) => !fromMachine(name));
  const orderOnly = needed(dependencies.orderOnly);
  const unkeyed = strict ? {} : { orderOnly: true };
  const when: Condition = {
    text: "options.check",
    expression: { kind: "name", name: "options.check", at: 0 },
    where,
  };
  return {
    link: [...needed(dependencies.normal), ...orderOnly.filter(counts)].map((name) => make(name, {})),
    build: [
      ...orderOnly.filter((name) => !counts(name)).map((name) => make(name, unkeyed)),
      ...needed(dependencies.check).map((name) => make(name, { ...unkeyed, when })),
    ],
  };
}
