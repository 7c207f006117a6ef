import { basename, join } from "node:path";
import type { DerivationKey } from "../model/derivation.ts";
import type { BaseName, BlobId, GenerationNumber, ProfileName } from "../model/ids.ts";
import { packedFileName } from "../model/packed-object.ts";

/** Widths, in bytes, that a storeDir can have. */
export const WIDTHS = [48, 80, 128] as const;
export type Width = (typeof WIDTHS)[number];

export function isWidth(value: unknown): value is Width {
  return WIDTHS.includes(value as Width);
}

/** The storeRoot of the canonical form. */
const CANONICAL_ROOT = "/store";

/** Every path under a storeRoot. No other file of the program knows one. */
export interface Layout {
  readonly root: string;
  /** Where profiles, log, roots and index lie: `root`, unless the store was made with another place for them. */
  readonly admin: string;
  readonly width: Width;
  /** `<root>/pkgs`, padded with `_` to `width` bytes. */
  readonly storeDir: string;
  /** `/store/pkgs`, padded with `_` to `width` bytes: what stands for the storeDir in canonical form. */
  readonly canonicalStoreDir: string;
  readonly storeFile: string;
  readonly configFile: string;
  readonly manifests: string;
  readonly files: string;
  /** There when a file of the pool may be another one than that of an object which lists it. */
  readonly replacedMark: string;
  readonly sources: string;
  readonly profiles: string;
  readonly log: string;
  readonly index: string;
  readonly roots: string;
  readonly builds: string;
  readonly buildLogs: string;
  /** What requests to build came to: a cache. */
  readonly buildMemory: string;
  readonly sourceMemory: string;
  /** Objects as they would lie in a store rooted at `/store`, for builds. */
  readonly twins: string;
  /** Packed objects that are kept for when an object is lost. */
  readonly archives: string;
  readonly temporary: string;
  readonly trash: string;
  /** What a repair took out of objects and profiles; the store never deletes it. */
  readonly aside: string;
  readonly locks: string;
  /** What a migration to another format has saved; there only while one is under way. */
  readonly migration: string;
}

export function layoutOf(root: string, width: Width, admin = root): Layout {
  return {
    root,
    admin,
    width,
    storeDir: padded(root, width),
    canonicalStoreDir: padded(CANONICAL_ROOT, width),
    storeFile: join(root, "store.json"),
    configFile: join(root, "config.json"),
    manifests: join(root, "manifests"),
    files: join(root, "files"),
    replacedMark: replacedMark(join(root, "files")),
    sources: join(root, "sources"),
    profiles: join(admin, "profiles"),
    log: join(admin, "log"),
    index: join(admin, "index"),
    roots: join(admin, "roots"),
    builds: join(root, "builds"),
    buildLogs: join(root, "build-logs"),
    buildMemory: join(root, "index", "requests"),
    sourceMemory: join(root, "index", "sources"),
    twins: join(root, "twins"),
    archives: join(root, "archives"),
    temporary: join(root, "tmp"),
    trash: join(root, "trash"),
    aside: join(root, "aside"),
    locks: join(root, "locks"),
    migration: join(root, "migration"),
  };
}

/** Of what lies elsewhere than the objects, perhaps on another filesystem, there is one beside it. */
export function asideDirectories({ aside, root, admin }: Layout): readonly string[] {
  return admin === root ? [aside] : [aside, join(admin, basename(aside))];
}

/** Where what lies at `path` is taken to. */
export function asideFor(layout: Layout, path: string): string {
  const isInAdmin = path.startsWith(`${layout.admin}/`) && !path.startsWith(`${layout.root}/`);
  return asideDirectories(layout).at(isInAdmin ? -1 : 0) as string;
}

/** Where records of roots are made before they are renamed: where they are known to be on one filesystem with them. */
export function rootsScratch({ root, admin, roots, temporary }: Layout): string {
  return admin === root ? temporary : join(roots, "tmp");
}

/** The longest storeRoot, in bytes, for a width: `/pkgs` and at least one `_` must fit behind it. */
export function longestRoot(width: Width): number {
  return width - "/pkgs_".length;
}

export function objectPath(layout: Pick<Layout, "storeDir">, baseName: BaseName): string {
  return `${layout.storeDir}/${baseName}`;
}

export function manifestPath(layout: Pick<Layout, "manifests">, baseName: BaseName): string {
  return `${layout.manifests}/${baseName}.json`;
}

/** Of a pool, by its directory. */
export function replacedMark(files: string): string {
  return `${files}.replaced`;
}

/** The list of an object's files, beside its manifest. */
export function fileListPath(layout: Pick<Layout, "manifests">, baseName: BaseName): string {
  return `${layout.manifests}/${baseName}.files`;
}

/** The record of the build with this derivation key. */
export function buildFile(layout: Layout, key: DerivationKey): string {
  return `${layout.builds}/${key}.json`;
}

/** The object as it would lie in a store rooted at `/store`. */
export function twinPath(layout: Layout, baseName: BaseName): string {
  return `${layout.twins}/${baseName}`;
}

/** Packed objects that are kept for when an object is lost. */
export function archivePath(layout: Layout, baseName: BaseName): string {
  return `${layout.archives}/${packedFileName(baseName)}`;
}

export function poolPath(layout: Pick<Layout, "files">, id: BlobId, executable: boolean): string {
  return `${layout.files}/${id.slice(0, 2)}/${id}${executable ? "x" : ""}`;
}

export function profilePath(layout: Layout, profile: ProfileName): string {
  return `${layout.profiles}/${profile}`;
}

export function currentPath(layout: Layout, profile: ProfileName): string {
  return `${profilePath(layout, profile)}/current`;
}

/** The generation that was live before the current one. */
export function previousPath(layout: Layout, profile: ProfileName): string {
  return `${profilePath(layout, profile)}/previous`;
}

export function pinsFile(layout: Layout, profile: ProfileName): string {
  return `${profilePath(layout, profile)}/pins.json`;
}

export function profileFile(layout: Layout, profile: ProfileName): string {
  return `${profilePath(layout, profile)}/profile.json`;
}

export function generationLink(layout: Layout, profile: ProfileName, generation: GenerationNumber): string {
  return `${profilePath(layout, profile)}/gen-${generation}`;
}

export function generationFile(layout: Layout, profile: ProfileName, generation: GenerationNumber): string {
  return `${generationLink(layout, profile, generation)}.json`;
}

/** The target of a generation's link: relative to the profile's directory, unless that lies elsewhere than the objects. */
export function generationTarget(layout: Layout, forest: BaseName): string {
  if (layout.admin !== layout.root) return objectPath(layout, forest);
  return `../../${basename(layout.storeDir)}/${forest}`;
}

/** Objects that a person wants to keep, by name. */
export function namedRootPath(layout: Layout, name: string): string {
  return `${layout.roots}/named/${name}`;
}

/** Links elsewhere that lead to objects; each is known by a sum of its path. */
export function resultLinkPath(layout: Layout, sum: string): string {
  return `${layout.roots}/links/${sum}`;
}

/** What running commands work with. */
export function leasesPath(layout: Layout): string {
  return `${layout.roots}/leases`;
}

/** Present while a collection is under way. */
export function collectingFile(layout: Layout): string {
  return `${layout.roots}/collecting`;
}

/** Where an object goes while another takes its place. */
export function discardedPath(layout: Layout, object: BaseName, mark: string): string {
  return `${layout.trash}/${mark}-${object}`;
}

/** Where a whole object waits to exchange its place with a damaged one: among the objects, by a name that none can have. */
export function besidePath(layout: Layout, mark: string): string {
  return `${layout.storeDir}/${mark}`;
}

/** Whether a name among the objects is that of such a one; where none of that kind works, it was killed. */
export function isBeside(name: string): boolean {
  return /^[0-9a-f]{16}$/.test(name);
}

/** Present while the pool holds no file that is in no object; a cache of that knowledge. */
export function poolMark(layout: Layout): string {
  return `${layout.index}/pool-swept.json`;
}

/** What programs of the store changed among the manifests, so that the index need not look at all of them; a cache. */
export function manifestChanges(layout: Pick<Layout, "index">): string {
  return `${layout.index}/manifest-changes`;
}

export function lockPath(layout: Layout, name: string): string {
  return `${layout.locks}/${name}`;
}

function padded(root: string, width: Width): string {
  return `${root === "/" ? "" : root}/pkgs`.padEnd(width, "_");
}
