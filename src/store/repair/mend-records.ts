import { fromText } from "../../model/byte-string.ts";
import { type FileListEntry, printFileList } from "../../model/file-list.ts";
import { type BaseName, digestInBaseName, digestOf, type PackageName, type PackageVersion } from "../../model/ids.ts";
import { type Manifest, printManifest } from "../../model/manifest.ts";
import { type Salvage, salvageManifest, splitBaseName } from "../../model/verify/salvage-manifest.ts";
import { readTextIfFile, writeFileAtomic } from "../../system/atomic-file.ts";
import { fileListPath, manifestPath, objectPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import { resolveReferences } from "../references.ts";
import { checkTree } from "../verify/check-tree.ts";
import { describeObject, type ObjectDescription } from "../verify/describe-object.ts";
import { toCanonical, type VerifySettings } from "../verify/settings.ts";
import { clearForFile } from "./aside.ts";
import { localIdOf } from "./good-file.ts";
import { mendMetadata } from "./mend-metadata.ts";
import { placeIn } from "./place.ts";

/** Who knows the name and version of an object besides its manifest: generations and builds. */
export type NameBook = ReadonlyMap<string, readonly [PackageName, PackageVersion]>;

/**
 * Writes the manifest and the file list of an object anew from its bytes; they must give its name. Whether that was
 * possible. The caller holds the lock on objects.
 */
export function remakeRecords(
  store: Store,
  object: BaseName,
  { settings, names }: { readonly settings: VerifySettings; readonly names: NameBook },
): boolean {
  const salvage = salvageManifest(readTextIfFile(manifestPath(store.layout, object)));
  const description = describeIfReadable(store, object, settings);
  if (!description || !isNamedBy(object, description, salvage)) return false;
  writeRecord(store, fileListPath(store.layout, object), printFileList(description.entries));
  freezeTree(store, object, { settings, entries: description.entries });
  const manifest = manifestFrom(store, object, { description, salvage, names });
  writeRecord(store, manifestPath(store.layout, object), printManifest(manifest));
  return true;
}

/** Writes the file list anew from the tree, when that is the one that the manifest tells. */
export function remakeList(store: Store, manifest: Manifest, settings: VerifySettings): boolean {
  const description = describeIfReadable(store, manifest.path, settings);
  if (description?.treeId !== manifest.treeId) return false;
  writeRecord(store, fileListPath(store.layout, manifest.path), printFileList(description.entries));
  return true;
}

function writeRecord(store: Store, path: string, text: string): void {
  clearForFile(store, path);
  writeFileAtomic(path, text);
}

function describeIfReadable(store: Store, object: BaseName, settings: VerifySettings): ObjectDescription | undefined {
  try {
    return describeObject(settings, object, objectPath(store.layout, object));
  } catch {
    // Not there, or not readable: then its bytes cannot tell what it is.
    return undefined;
  }
}

function isNamedBy(object: BaseName, { treeId }: ObjectDescription, { addressing, treeId: told }: Salvage): boolean {
  return digestOf(treeId) === digestInBaseName(object) || (addressing === "input" && told === treeId);
}

/** What has a manifest is frozen. */
function freezeTree(
  store: Store,
  object: BaseName,
  { settings, entries }: { readonly settings: VerifySettings; readonly entries: readonly FileListEntry[] },
): void {
  const canonicalise = toCanonical(settings, object);
  const tree = { directory: fromText(objectPath(store.layout, object)), entries, canonicalise, isLocal: true };
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of checkTree({ ...settings, contents: false }, tree).faults) {
    const entry = byPath.get(path);
    const file = entry && { id: localIdOf(entry), executable: entry.mode === "100755" };
    mendMetadata(store, { path: placeIn(store, object, path), uid: settings.uid, file });
  }
}

function manifestFrom(
  store: Store,
  object: BaseName,
  parts: { readonly description: ObjectDescription; readonly salvage: Salvage; readonly names: NameBook },
): Manifest {
  const { description, salvage, names } = parts;
  const isNamed = `${salvage.name}-${salvage.version}` === object.slice(33);
  const [name, version] = isNamed
    ? [salvage.name as PackageName, salvage.version as PackageVersion]
    : (names.get(object) ?? splitBaseName(object));
  const references = new Set(resolveReferences(store, description.baseNames));
  // What refers to an object that was added later refers to it by chance: the recorded ones count where they are known.
  const mentioned = [...references].filter((each) => each !== object);
  const told = salvage.references?.filter((each) => references.has(each));
  const isTold = told !== undefined && told.length === salvage.references?.length;
  return {
    path: object,
    name,
    version,
    treeId: description.treeId,
    addressing: digestOf(description.treeId) === digestInBaseName(object) ? "content" : "input",
    size: description.size,
    files: description.files,
    references: isTold ? [...told].sort() : mentioned.sort(),
    localised: description.mentions,
    created: salvage.created ?? store.context.now().toISOString(),
    origin: salvage.origin ?? originOf(name, version),
    unknown: {},
  };
}

function originOf(name: PackageName, version: PackageVersion): Manifest["origin"] {
  return name === "profile" ? { kind: "profile", profile: version } : { kind: "repair" };
}
