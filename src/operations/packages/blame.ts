import { lstatSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { isErrno, StoreError } from "../../errors.ts";
import type { DerivationKey } from "../../model/derivation.ts";
import type { Generation, InstalledPackage, OptionValue } from "../../model/generation.ts";
import type { BaseName, GenerationNumber, PackageName, PackageVersion, ProfileName } from "../../model/ids.ts";
import type { Origin } from "../../model/manifest.ts";
import { summariseTransaction, type TransactionSummary } from "../../model/transaction-summary.ts";
import { parseIntegrity, toContentHash, toIntegrity } from "../../sources/integrity.ts";
import { recordedUrls } from "../../sources/recorded-urls.ts";
import { findBuild } from "../../store/builds.ts";
import { findInForest } from "../../store/find-in-forest.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { openJournal } from "../../store/journal.ts";
import { objectPath, profilePath } from "../../store/layout.ts";
import { readTransaction } from "../../store/log/history.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";

/** A package that has a file of a profile, and how it came there. */
export interface Blame {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** The package's object. */
  readonly path: BaseName;
  readonly priority: number;
  /** Another package's file is seen in the profile, for its lower number or because both are equal. */
  readonly hidden: boolean;
  readonly origin: Origin | undefined;
  /** Which recipe it was built from: `mpfr@4.2.0`. */
  readonly recipe: string | undefined;
  /** What it was made from: paths, URLs with integrities, and files with their integrities and the URLs that gave them. */
  readonly sources: readonly string[];
  /** The generation that brought this object into the profile, of those that there are; and its time in UTC. */
  readonly generation: GenerationNumber;
  readonly created: string;
  /** It may have come earlier: the record of the generation before is gone. */
  readonly orEarlier: boolean;
  readonly transaction: number;
  /** The words of the command; without the log the reason that the generation has. */
  readonly command: readonly string[];
  readonly user: string | undefined;
}

export interface BlameResult {
  readonly profile: ProfileName;
  /** Relative to the profile. */
  readonly file: string;
  /** The one whose file is seen comes first; the others by priority. */
  readonly packages: readonly Blame[];
}

export interface BlameRequest {
  /** A path in the profile, an absolute path in the profile or store, or the name of a command. */
  readonly what: string;
  readonly cwd: string;
}

/**
 * Tells which packages have a file of the live generation, and which change brought them.
 * @throws StoreError NOT_FOUND, INVALID_INPUT
 */
export function blame(store: Store, profile: ProfileName, request: BlameRequest): BlameResult {
  const live = readGeneration(store, profile, readProfile(store, profile).current);
  const file = placeOf(store, live, request);
  if (file === "")
    throw new StoreError("INVALID_INPUT", `'${request.what}' names no file of a package`, { hint: PLACE_HINT });
  const seen = findInForest(store, live.path, file);
  const having = live.packages.filter((item) => item.path === seen || hasFile(store, item, file));
  if (having.length === 0) throw notThere(live, file);
  const rank = (item: InstalledPackage) => (item.path === seen ? -1 : item.priority);
  const packages = [...having].sort((a, b) => rank(a) - rank(b));
  return {
    profile,
    file,
    packages: packages.map((item) => blameOf(store, live, item, seen !== "shared" && item.path !== seen)),
  };
}

const PLACE_HINT = "Give a path in the profile, as bin/gp, or the name of a command.";

/** The path relative to the profile's top. */
function placeOf(store: Store, live: Generation, { what, cwd }: BlameRequest): string {
  if (what === "") return "";
  if (!what.includes("/") && what !== "." && what !== "..") {
    const isCommand = live.packages.some((item) => hasFile(store, item, `bin/${what}`));
    return isCommand ? `bin/${what}` : what;
  }
  const inside = insideOf(store, live, resolve(cwd, what));
  if (inside !== undefined) return inside;
  if (!isAbsolute(what)) return relative("/", resolve("/", what));
  throw new StoreError("NOT_FOUND", `${what} lies neither in profile '${live.profile}' nor in a package of it`, {
    hint: PLACE_HINT,
    details: { path: what },
  });
}

/** Of an absolute path below the profile's link or below one of its objects. */
function insideOf({ layout }: Store, { profile, packages, path }: Generation, place: string): string | undefined {
  const link = /^(?:current|previous|gen-\d+)(?:\/(.*))?$/s.exec(below(profilePath(layout, profile), place) ?? "");
  if (link) return link[1] ?? "";
  const tops = [path, ...packages.map((item) => item.path)].map((object) => objectPath(layout, object));
  return tops.map((top) => below(top, place)).find((found) => found !== undefined) ?? throughLink(tops, place);
}

/** Of a path that leads to the profile or an object by a link from elsewhere: that of an instdir, or one to the root. */
function throughLink(tops: readonly string[], place: string): string | undefined {
  const real = new Set(tops.map(realPath).filter((top) => top !== ""));
  for (let directory = place; directory !== dirname(directory); directory = dirname(directory)) {
    if (real.has(realPath(directory))) return below(directory, place);
  }
  return undefined;
}

/** `""` where nothing is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EACCES")) return "";
    throw error;
  }
}

function below(directory: string, place: string): string | undefined {
  if (place === directory) return "";
  return place.startsWith(`${directory}/`) ? place.slice(directory.length + 1) : undefined;
}

function hasFile({ layout }: Store, { path }: InstalledPackage, file: string): boolean {
  try {
    lstatSync(`${objectPath(layout, path)}/${file}`);
    return file !== "";
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG")) return false;
    throw error;
  }
}

function notThere({ profile, generation, packages }: Generation, file: string): StoreError {
  return new StoreError("NOT_FOUND", `no package of profile '${profile}' has '${file}' (gen-${generation})`, {
    hint: packages.length === 0 ? "Nothing is installed." : PLACE_HINT,
    details: { profile, generation, file },
  });
}

function blameOf(store: Store, live: Generation, item: InstalledPackage, hidden: boolean): Blame {
  const { name, version, options, path, priority } = item;
  const { origin, ...made } = readOrigin(store, path);
  const { bringer, orEarlier } = findBringer(store, live, item);
  const summary = bringer.transaction === 0 ? undefined : readSummary(store, bringer.transaction);
  return {
    ...{ name, version, options, path, priority, hidden, origin, ...made },
    generation: bringer.generation,
    created: bringer.created,
    orEarlier,
    transaction: bringer.transaction,
    command: summary?.command ?? ["store", ...bringer.reason.split(" ")],
    user: summary?.user,
  };
}

/** Up the line of parents as long as the package is this object. */
function findBringer(store: Store, live: Generation, { name, path }: InstalledPackage) {
  let bringer = live;
  for (;;) {
    if (bringer.parent === undefined) return { bringer, orEarlier: false };
    const parent = readIfThere(store, live.profile, bringer.parent);
    if (!parent) return { bringer, orEarlier: true };
    if (!parent.packages.some((item) => item.name === name && item.path === path)) return { bringer, orEarlier: false };
    bringer = parent;
  }
}

function readIfThere(store: Store, profile: ProfileName, number: GenerationNumber): Generation | undefined {
  try {
    return readGeneration(store, profile, number);
  } catch (error) {
    if (error instanceof StoreError && (error.code === "NOT_FOUND" || error.code === "DAMAGED")) return undefined;
    throw error;
  }
}

/** What only the log knows can be lost with it. */
function readSummary(store: Store, transaction: number): TransactionSummary | undefined {
  try {
    const records = readTransaction(openJournal(store), transaction);
    return records.length === 0 ? undefined : summariseTransaction(records);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

function readOrigin(store: Store, path: BaseName): Pick<Blame, "origin" | "recipe" | "sources"> {
  try {
    const { origin } = readManifest(store, path);
    const recipe = typeof origin.recipe === "string" ? origin.recipe : undefined;
    return { origin, recipe, sources: sourcesOf(store, origin) };
  } catch (error) {
    if (error instanceof StoreError) return { origin: undefined, recipe: undefined, sources: [] };
    throw error;
  }
}

function sourcesOf(store: Store, origin: Origin): readonly string[] {
  if (origin.kind === "build" && typeof origin.key === "string") {
    const derivation = findBuild(store, origin.key as DerivationKey)?.derivation;
    const files = [...(derivation?.sources ?? []), ...(derivation?.patches ?? [])];
    return files.map(({ fileName, content }) => [`${fileName} ${content}`, ...urlsOf(store, content)].join(" "));
  }
  const { path, url, integrity } = origin;
  const place = [url, path].find((each) => typeof each === "string");
  return place === undefined ? [] : [[place, integrity].filter((each) => typeof each === "string").join(" ")];
}

/** A derivation has no URLs, since they change nothing: those that gave this content are noted with the downloads. */
function urlsOf({ layout }: Store, content: string): readonly string[] {
  if (!/^sha\d+-/.test(content)) return [];
  return recordedUrls({ directory: layout.sources }, toIntegrity(toContentHash(parseIntegrity(content))));
}
