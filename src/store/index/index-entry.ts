import { StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import type { Manifest } from "../../model/manifest.ts";
import type { ObjectGraph } from "../../model/object-graph.ts";
import { readManifest } from "../manifests.ts";
import type { Store } from "../open-store.ts";

/** What the index keeps of a manifest. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly treeId: string;
  readonly size: number;
  readonly files: number;
  readonly references: readonly BaseName[];
  /** A fetched source with this key was made into the object: `npm <integrity> <strip>`. */
  readonly origin: string | undefined;
}

/** The entry of an object; `undefined` when its manifest is damaged, which `verify` tells of. */
export function readIndexEntry(store: Store, object: BaseName): IndexEntry | undefined {
  const manifest = readIfWhole(store, object);
  return manifest && toIndexEntry(manifest);
}

/** The manifest of an object; `undefined` when it is missing or damaged. */
export function readIfWhole(store: Store, object: BaseName): Manifest | undefined {
  try {
    return readManifest(store, object);
  } catch (error) {
    if (error instanceof StoreError && (error.code === "DAMAGED" || error.code === "NOT_FOUND")) return undefined;
    throw error;
  }
}

function toIndexEntry(manifest: Manifest): IndexEntry {
  const { name, version, treeId, size, files, references, origin } = manifest;
  return { name, version, treeId, size, files, references, origin: originKey(origin) };
}

function originKey(origin: Manifest["origin"]): string | undefined {
  const { kind, integrity } = origin;
  return typeof integrity === "string" ? `${kind} ${integrity}` : undefined;
}

/** Names in the directory of manifests that tell of no object. */
export interface OtherFiles {
  /** Objects whose manifest is damaged. */
  readonly damaged: readonly BaseName[];
  /** What is no manifest, and no file list that has one. */
  readonly strays: readonly string[];
}

/** Answers about all objects of a store without reading their manifests. */
export interface StoreIndex extends AsyncDisposable {
  get(object: BaseName): IndexEntry | undefined;
  /** All objects, in the order of their names. */
  names(): Iterable<BaseName>;
  /** What all objects refer to; they are numbered in the order of their names. */
  graph(): ObjectGraph;
  /** What else is among the manifests. */
  others(): OtherFiles;
  /** Objects that mention this one, sorted. */
  referrers(object: BaseName): readonly BaseName[];
}
