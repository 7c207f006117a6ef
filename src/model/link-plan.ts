import { StoreError } from "../errors.ts";
import type { ByteString } from "./byte-string.ts";
import type { Conflict } from "./link-plan/conflict.ts";
import { type ForestPackage, inForestOrder } from "./link-plan/forest-package.ts";
import { createLinkResolver, type LinkResolver } from "./link-plan/resolve-link.ts";
import { childPath, type PlaceInObject, type TreeEntry, type TreeReader } from "./link-plan/tree-reader.ts";

/** A forest, or a part of it. Entries stand in the order of their names' bytes. */
export type PlanNode = PlanDirectory | PlanLink;

export interface PlanDirectory {
  readonly kind: "directory";
  readonly entries: ReadonlyMap<ByteString, PlanNode>;
}

/** A symlink whose target is relative to the place of the link in a forest that lies beside the packages. */
interface PlanLink {
  readonly kind: "link";
  readonly target: ByteString;
}

export interface LinkPlan {
  readonly root: PlanDirectory;
  /** In the order of their paths. A plan that has any must not be written: `conflictError` tells them. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Plans the forest that joins `packages`; their order does not matter.
 *
 * - The top is a directory. Anything that one package alone provides is one link to it, whatever it is: folding.
 * - What several provide, each as a directory, is a directory with the entries of all: unfolding.
 * - A symlink counts as the directory it leads to while that lies in the same package and contains none of the
 *   directories passed on the way to the symlink (else `self -> ..` would have no end), and while at most one symlink
 *   has been followed on that way. Every other symlink is a leaf, as a file is.
 * - Leaves are identical when both lead, inside their packages, to files with the same bytes and the same executable
 *   bit. Symlinks that lead to no file are identical when their texts are, and, for relative texts, the directories
 *   that hold them. Of identical leaves the one whose base name comes first is linked.
 * - Where leaves differ, or a leaf meets a directory, those with the lowest priority number win, for this path only:
 *   a winning leaf hides the others whole, a winning directory hides the leaves. A contradiction among those with the
 *   lowest number is a conflict.
 *
 * Directories that one package alone provides are never read.
 *
 * @param options.storeDir absolute path of the storeDir, by which absolute symlinks into their own package are known.
 * @throws StoreError LIMIT when directory symlinks of packages multiply their entries beyond 500,000.
 */
export function planLinks(
  packages: readonly ForestPackage[],
  reader: TreeReader,
  options: { readonly storeDir?: string } = {},
): LinkPlan {
  const planner: Planner = {
    reader,
    resolve: createLinkResolver(reader, options.storeDir),
    conflicts: [],
    entriesThroughLinks: 0,
  };
  const tops = inForestOrder(packages).map((each) => ({ package: each, path: TOP, passed: [] }));
  const root = joinDirectories(planner, tops, { path: TOP, up: "../" });
  return { root, conflicts: planner.conflicts };
}

const TOP = "" as ByteString;
/** Directory symlinks followed on the way to one path. With more of them, packages that link across would explode. */
const MAX_FOLLOWED = 2;
const MAX_ENTRIES_THROUGH_LINKS = 500_000;

interface Planner {
  readonly reader: TreeReader;
  readonly resolve: LinkResolver;
  readonly conflicts: Conflict[];
  entriesThroughLinks: number;
}

/** A directory of the forest: its path, and how its links climb to the storeDir. */
interface Place {
  readonly path: ByteString;
  readonly up: string;
}

/** A directory of a package that contributes to one of the forest. */
interface Provider {
  readonly package: ForestPackage;
  /** Where it really lies in the package, without a symlink on the way. */
  readonly path: ByteString;
  /** The directories that hold the symlinks which were followed on the way. */
  readonly passed: readonly ByteString[];
}

/** What a provider has under one name. */
interface Claim {
  readonly provider: Provider;
  readonly kind: TreeEntry["kind"];
}

/** A claim of which it is known where it leads. */
type Contender = Claim & (LeadsToDirectory | LeadsToFile | LeadsElsewhere);

interface LeadsToDirectory {
  readonly leads: "directory";
  readonly directory: Provider;
}

interface LeadsToFile {
  readonly leads: "file";
  readonly path: ByteString;
}

interface LeadsElsewhere {
  readonly leads: "elsewhere";
  readonly target: ByteString;
}

/** A name in a directory of the forest that several packages provide, in their order. */
interface Contest {
  readonly name: ByteString;
  readonly place: Place;
  readonly contenders: readonly [Contender, ...Contender[]];
}

function joinDirectories(planner: Planner, providers: readonly Provider[], place: Place): PlanDirectory {
  const claims = claimsByName(planner, providers);
  const entries = new Map<ByteString, PlanNode>();
  for (const name of [...claims.keys()].sort()) {
    const [first, ...others] = claims.get(name) as [Claim, ...Claim[]];
    if (others.length === 0) {
      entries.set(name, linkTo(first, name, place));
    } else {
      const contend = (claim: Claim): Contender => lead(planner, claim, name);
      entries.set(name, settle(planner, { name, place, contenders: [contend(first), ...others.map(contend)] }));
    }
  }
  return { kind: "directory", entries };
}

function claimsByName(planner: Planner, providers: readonly Provider[]): ReadonlyMap<ByteString, readonly Claim[]> {
  const claims = new Map<ByteString, Claim[]>();
  for (const provider of providers) {
    const entries = planner.reader.list(provider.package.baseName, provider.path);
    if (provider.passed.length > 0) countThroughLinks(planner, provider, entries.length);
    for (const { name, kind } of entries) {
      const known = claims.get(name);
      if (known === undefined) claims.set(name, [{ provider, kind }]);
      else known.push({ provider, kind });
    }
  }
  return claims;
}

function settle(planner: Planner, contest: Contest): PlanNode {
  const { name, place, contenders } = contest;
  const best = contenders.reduce((least, { provider }) => Math.min(least, provider.package.priority), Infinity);
  const [first, ...equals] = contenders.filter(({ provider }) => provider.package.priority === best) as [
    Contender,
    ...Contender[],
  ];
  if (first.leads === "directory" && equals.every(({ leads }) => leads === "directory")) {
    const directories = contenders.flatMap((each) => (each.leads === "directory" ? [each.directory] : []));
    if (directories.length === 1) return linkTo(first, name, place);
    return joinDirectories(planner, directories, { path: childPath(place.path, name), up: `../${place.up}` });
  }
  if (!equals.every((each) => areIdentical(planner.reader, first, each))) {
    planner.conflicts.push({
      path: childPath(place.path, name),
      contenders: [first, ...equals].map(({ provider, kind }) => ({ package: provider.package, kind })),
    });
  }
  return linkTo(first, name, place);
}

function lead(planner: Planner, claim: Claim, name: ByteString): Contender {
  const { provider, kind } = claim;
  const { baseName } = provider.package;
  const path = childPath(provider.path, name);
  switch (kind) {
    case "file":
      return { ...claim, leads: "file", path };
    case "directory":
      return { ...claim, leads: "directory", directory: { ...provider, path } };
    case "link": {
      const target = planner.reader.readLink(baseName, path);
      const destination = planner.resolve({ baseName, path: provider.path }, target);
      if (destination?.kind === "file") return { ...claim, leads: "file", path: destination.path };
      const directory = destination && follow(provider, destination.path);
      return directory ? { ...claim, leads: "directory", directory } : { ...claim, leads: "elsewhere", target };
    }
  }
}

/** The provider behind a directory symlink of `provider`, or `undefined` when the symlink counts as a leaf. */
function follow(provider: Provider, path: ByteString): Provider | undefined {
  if (provider.passed.length === MAX_FOLLOWED) return undefined;
  const passed = [...provider.passed, provider.path];
  return passed.some((directory) => contains(path, directory)) ? undefined : { ...provider, path, passed };
}

function contains(outer: ByteString, inner: ByteString): boolean {
  return outer === TOP || outer === inner || inner.startsWith(`${outer}/`);
}

/** Whether two leaves are interchangeable; a directory never is. */
function areIdentical(reader: TreeReader, a: Contender, b: Contender): boolean {
  if (a.leads === "file" && b.leads === "file") return reader.sameContent(fileOf(a), fileOf(b));
  if (a.leads !== "elsewhere" || b.leads !== "elsewhere") return false;
  return a.target === b.target && (a.target.startsWith("/") || a.provider.path === b.provider.path);
}

function fileOf({ provider, path }: Claim & LeadsToFile): PlaceInObject {
  return { baseName: provider.package.baseName, path };
}

function linkTo({ provider }: Claim, name: ByteString, { up }: Place): PlanLink {
  const target = `${up}${provider.package.baseName}/${childPath(provider.path, name)}` as ByteString;
  return { kind: "link", target };
}

function countThroughLinks(planner: Planner, { package: { name } }: Provider, count: number): void {
  planner.entriesThroughLinks += count;
  if (planner.entriesThroughLinks <= MAX_ENTRIES_THROUGH_LINKS) return;
  throw new StoreError(
    "LIMIT",
    `'${name}' cannot be joined: its directory symlinks multiply the entries of a profile`,
    {
      hint: "Leave it out of the profile, or replace its symlinks to directories.",
      details: { package: name, limit: MAX_ENTRIES_THROUGH_LINKS },
    },
  );
}
