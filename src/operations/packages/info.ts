import { existsSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import type { BuildRecord } from "../../model/build-record.ts";
import type { Json } from "../../model/canonical-json.ts";
import type { DerivationKey } from "../../model/derivation.ts";
import type { BaseName, ProfileName } from "../../model/ids.ts";
import type { Manifest, Origin } from "../../model/manifest.ts";
import { buildLogPath, findBuild } from "../../store/builds.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { objectPath } from "../../store/layout.ts";
import { listObjects, objectAt, readManifest } from "../../store/manifests.ts";
import { objectBehind } from "../../store/object-behind.ts";
import type { Store } from "../../store/open-store.ts";
import { hasProfile, listProfiles, readProfile, readProfileParts } from "../../store/profiles.ts";

export interface ObjectInfo extends Omit<Manifest, "path" | "unknown"> {
  /** Absolute path of the object. */
  readonly path: string;
  readonly baseName: BaseName;
  /** Whether the object's directory is there. */
  readonly present: boolean;
  /** Of an object that was built here, when that is still recorded. */
  readonly build?: BuildInfo;
}

export interface BuildInfo extends Pick<BuildRecord, "key" | "started" | "seconds" | "phases" | "sandboxed"> {
  /** Where it could be measured. */
  readonly peakMemoryBytes: number | undefined;
  /** Fingerprint of the host's tools. */
  readonly host: Json;
  /** Absolute path of the log, compressed with gzip. */
  readonly log: string;
}

/**
 * What is known of one object: named by its base name, a path to it or into it, also by links, or the name of an installed
 * package.
 * @throws StoreError NOT_FOUND
 */
export function objectInfo(
  store: Store,
  profile: ProfileName,
  request: { readonly what: string; readonly cwd: string },
): ObjectInfo {
  const baseName = findObject(store, profile, request);
  const { unknown, path: _path, ...manifest } = readManifest(store, baseName);
  const path = objectPath(store.layout, baseName);
  const build = buildInfo(store, manifest.origin);
  return { path, baseName, present: existsSync(path), ...manifest, ...unknown, ...(build && { build }) };
}

function buildInfo(store: Store, { kind, key }: Origin): BuildInfo | undefined {
  const record = kind === "build" && typeof key === "string" ? findBuild(store, key as DerivationKey) : undefined;
  if (!record) return undefined;
  const { started, seconds, phases, sandboxed, peakMemoryBytes, derivation } = record;
  const log = buildLogPath(store, record.key);
  return { key: record.key, started, seconds, phases, sandboxed, peakMemoryBytes, host: derivation.host, log };
}

export interface StoreInfo {
  readonly root: string;
  readonly storeDir: string;
  readonly canonicalStoreDir: string;
  readonly format: number;
  readonly width: number;
  readonly id: string;
  readonly objects: number;
  readonly profiles: readonly ProfileName[];
}

export function storeInfo(store: Store): StoreInfo {
  const { root, storeDir, canonicalStoreDir, width } = store.layout;
  const { format, id } = store.file;
  return {
    root,
    storeDir,
    canonicalStoreDir,
    format,
    width,
    id,
    objects: listObjects(store).length,
    profiles: listProfiles(store),
  };
}

export interface ObjectRequest {
  /** The path of an object or of a file in it, also by links, its name, or the name of an installed package. */
  readonly what: string;
  readonly cwd: string;
  /** What to do when it is none of these. */
  readonly hint?: string;
}

/** @throws StoreError NOT_FOUND */
export function findObject(
  store: Store,
  profile: ProfileName,
  { what, cwd, hint = "Give a store path, or a name that `store list` shows." }: ObjectRequest,
): BaseName {
  const found = objectAt(store, what, cwd) ?? installedAs(store, profile, what) ?? objectBehind(store, what, cwd);
  if (found) return found;
  // Refuses a profile that does not exist; the default one is as good as an empty one until its first use.
  if (profile !== "default") readProfileParts(store, profile);
  throw new StoreError("NOT_FOUND", `'${what}' is neither a store object nor a package of profile '${profile}'`, {
    hint,
    details: { what, profile },
  });
}

function installedAs(store: Store, profile: ProfileName, name: string): BaseName | undefined {
  if (!hasProfile(store, profile)) return undefined;
  const { packages } = readGeneration(store, profile, readProfile(store, profile).current);
  return packages.find((item) => item.name === name)?.path;
}
