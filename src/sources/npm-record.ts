import { StoreError } from "../errors.ts";
import type { PackageName } from "../model/ids.ts";
import { isJsonObject } from "../model/json-object.ts";
import type { FetchContext } from "./fetch-context.ts";
import { isKept } from "./kept-files.ts";
import { promisedIntegrities } from "./npm-integrity.ts";
import type { NpmSpec } from "./npm-spec.ts";
import { printableUrl } from "./printable-url.ts";
import { lockSource } from "./source-lock.ts";
import { npmRecordPath } from "./source-paths.ts";
import { readRecord, type SourceRecord, writeRecord } from "./source-record.ts";

/**
 * What is known offline about a package, in the form of a registry's answer: the versions that were resolved before and
 * whose tarballs are kept, and the dist-tags that lead to them.
 *
 * @throws StoreError OFFLINE
 */
export function readNpmRecord(context: FetchContext, spec: NpmSpec, registry: string): SourceRecord {
  const record = packageRecord(context, spec.packageName, registry);
  const versions = Object.entries(record.versions).filter(([, manifest]) => hasTarball(context, manifest));
  if (versions.length > 0) return { name: spec.name, "dist-tags": record.tags, versions: Object.fromEntries(versions) };
  throw notKept(spec, registry);
}

/** The error for a package of which no version that fits is kept. */
export function notKept({ name, wanted }: NpmSpec, registry: string): StoreError {
  return new StoreError("OFFLINE", `npm:${name}@${wanted} is not in the store and cannot be fetched offline`, {
    hint: "Fetch it without --offline first.",
    details: { name, wanted, registry: printableUrl(registry) },
  });
}

/** Adds a version, and the dist-tags as they are now, to what is known offline. */
export async function writeNpmRecord(
  context: FetchContext,
  {
    name,
    packageName,
    registry,
  }: { readonly name: string; readonly packageName: PackageName; readonly registry: string },
  { packument, manifest }: { readonly packument: SourceRecord; readonly manifest: SourceRecord },
): Promise<void> {
  using _lock = await lockSource(context, `npm:${name}`);
  const { version, dist, deprecated, engines } = manifest;
  const known = packageRecord(context, packageName, registry);
  const entry = { name, version, dist: keptDist(dist), deprecated, engines };
  const versions = { ...known.versions, [String(version)]: entry };
  const registries = readRecord(npmRecordPath(context.directory, packageName))?.registries;
  writeRecord(npmRecordPath(context.directory, packageName), {
    name,
    registries: {
      ...(isJsonObject(registries) && registries),
      [printableUrl(registry)]: { ...known, tags: packument["dist-tags"], versions },
    },
  });
}

/** No more than what tells the tarball, and no password in its URL. */
function keptDist(dist: unknown): SourceRecord {
  const { tarball, integrity, shasum } = isJsonObject(dist) ? dist : {};
  return { tarball: typeof tarball === "string" ? printableUrl(tarball) : undefined, integrity, shasum };
}

interface PackageRecord {
  readonly tags: SourceRecord;
  readonly versions: SourceRecord;
}

function packageRecord(context: FetchContext, packageName: PackageName, registry: string): PackageRecord {
  const registries = readRecord(npmRecordPath(context.directory, packageName))?.registries;
  const found = isJsonObject(registries) ? registries[printableUrl(registry)] : undefined;
  const members = isJsonObject(found) ? found : {};
  const { tags, versions } = members;
  return { ...members, tags: isJsonObject(tags) ? tags : {}, versions: isJsonObject(versions) ? versions : {} };
}

function hasTarball(context: FetchContext, manifest: unknown): boolean {
  const dist = isJsonObject(manifest) && isJsonObject(manifest.dist) ? manifest.dist : {};
  return promisedIntegrities(dist).some((integrity) => isKept(context, integrity));
}
