import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import { type Finding, findingAt, invalidRecipe } from "../../model/recipe/finding.ts";
import { formatVersionRange, isInRange, type VersionRange } from "../../model/recipe/version-range.ts";
import { type BuildableFacts, createObstacles, isFromMachine, neededIn } from "../../model/sage/buildable.ts";
import { expandMake } from "../../model/sage/expand-make.ts";
import { makeVariables } from "../../model/sage/make-variables.ts";
import type { SageListing, SagePackage } from "../../model/sage/package.ts";
import type { LoadedRecipe } from "../loaded-recipe.ts";
import { loadPackage } from "./load-package.ts";
import { isMirrorUrl, type ReadPackage, readPackage } from "./read-package.ts";
import { findEntry, findShared, openLayers, packageNames, type SageLayers } from "./sage-layers.ts";

export interface SageOptions {
  /** Whether a change of an order-only dependency rebuilds a package, too. */
  readonly strict?: boolean | undefined;
  /** Directories or http(s) URLs that hold tarballs, as `<tarball>` or `<package>/<tarball>`. */
  readonly mirrors?: readonly string[] | undefined;
  /** Whether the machine has a program that builds can use. */
  readonly hasTool?: ((name: string) => boolean) | undefined;
}

/** The packages of Sage trees as recipes; file by file an earlier tree hides a later one. */
export interface SageRecipes {
  names(): readonly string[];
  /** @throws StoreError NOT_FOUND, INVALID_RECIPE, UNSUPPORTED when it cannot be built here, with the reason */
  find(name: string, ...ranges: readonly VersionRange[]): LoadedRecipe;
  /** `undefined` when the package's files have mistakes. */
  describe(name: string): SageListing | undefined;
  /** The mistakes in the files of one package. */
  findings(name: string): readonly Finding[];
}

/** @throws StoreError NOT_FOUND when a directory is not a Sage tree */
export function openSage(directories: readonly string[], options: SageOptions = {}): SageRecipes {
  const layers = openLayers(directories);
  const names = packageNames(layers);
  const makefile = textOf(findShared(layers, "build/make/Makefile.in"));
  const mirrors = options.mirrors ?? [];
  const read = remember((name) => readPackage(layers, name, { makefile, mirrors }));
  const facts: BuildableFacts = {
    find: (name) => (names.includes(name) ? (read(name).package ?? "mistaken") : undefined),
    hasTool: options.hasTool ?? isOnMachine,
    mirrors: mirrors.map((place) => ({ place, isMissing: !isMirrorUrl(place) && !isDirectory(place) })),
  };
  const obstacleOf = createObstacles(facts);
  const python = expandMake("$(PYTHON)", makeVariables(makefile, false));
  const load = (found: SagePackage): LoadedRecipe =>
    loadPackage(layers, found, {
      python,
      strict: options.strict ?? false,
      fromMachine: (name) => isFromMachine(name, facts),
    });
  return {
    names: () => names,
    find: (name, ...ranges) => {
      if (!names.includes(name)) throw notFound(name, names);
      return load(requireBuildable(name, { ranges, read, obstacle: obstacleOf(name) }));
    },
    describe: (name) => listingOf(read(name).package, obstacleOf(name)),
    findings: (name) => [...read(name).findings, ...danglingIn(layers, names, read(name).package)],
  };
}

function notFound(name: string, names: readonly string[]): StoreError {
  const near = nearest(name, names);
  return new StoreError("NOT_FOUND", `there is no package '${name}' in the Sage trees`, {
    hint: near === undefined ? "`store recipe list` names all that there are." : `Did you mean '${near}'?`,
    details: { name, ...(near === undefined ? {} : { suggestion: near }) },
  });
}

function requireBuildable(
  name: string,
  {
    ranges,
    read,
    obstacle,
  }: {
    readonly ranges: readonly VersionRange[];
    readonly read: (name: string) => ReadPackage;
    readonly obstacle: string | undefined;
  },
): SagePackage {
  const { package: found, findings } = read(name);
  if (found === undefined) throw invalidRecipe(`the package ${name} of the Sage tree`, findings);
  if (obstacle !== undefined) {
    const inTheWay = neededIn(obstacle) ?? name;
    const fileName = read(inTheWay).package?.tarball?.fileName;
    const tarball = fileName ? `The tarball of ${inTheWay} is ${fileName}. ` : "";
    throw new StoreError("UNSUPPORTED", `${name} of the Sage tree cannot be built here: it ${obstacle}`, {
      hint: `${tarball}\`store recipe list --report\` tells this of every package; --sage-mirror names a place for tarballs, and a recipe in a directory before the tree takes the package's place.`,
      details: { name, kind: found.kind, reason: obstacle, ...(found.tarball && { tarball: found.tarball.fileName }) },
    });
  }
  if (ranges.every((range) => isInRange(found.version, range))) return found;
  const range = ranges.map(formatVersionRange).join(" and ");
  throw new StoreError("NOT_FOUND", `no version of '${name}' is in ${range}`, {
    hint: `The Sage tree has ${found.version}; an overlay with another package-version.txt and checksums.ini gives another.`,
    details: { name, range, versions: [found.version] },
  });
}

function listingOf(found: SagePackage | undefined, reason: string | undefined): SageListing | undefined {
  if (found === undefined) return undefined;
  const { name, version, type, kind, tarball } = found;
  return {
    name,
    version,
    type,
    kind,
    ...(tarball === undefined ? {} : { tarball: tarball.fileName }),
    buildable: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}

function danglingIn(layers: SageLayers, names: readonly string[], found: SagePackage | undefined): readonly Finding[] {
  if (found === undefined) return [];
  const { normal, orderOnly, check } = found.dependencies;
  const file = findEntry(layers, found.name, "dependencies") ?? "";
  return [...normal, ...orderOnly, ...check]
    .filter((name) => !names.includes(name))
    .map((name) =>
      findingAt({ file, line: 1, column: 1 }, "meaning", {
        message: `there is no package '${name}' in the Sage trees`,
      }),
    );
}

/** The directories that a sandboxed build sees. */
function isOnMachine(name: string): boolean {
  return ["/usr/bin", "/bin"].some((directory) => existsSync(join(directory, name)));
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function textOf(path: string | undefined): string {
  return path === undefined ? "" : readFileSync(path, "utf8");
}

function remember<Value>(read: (name: string) => Value): (name: string) => Value {
  const known = new Map<string, Value>();
  return (name) => {
    const value = known.get(name) ?? read(name);
    known.set(name, value);
    return value;
  };
}
