import pickManifest from "npm-pick-manifest";
import { isErrno, StoreError } from "../errors.ts";
import { type PackageName, type PackageVersion, parsePackageVersion } from "../model/ids.ts";
import { isJsonObject } from "../model/json-object.ts";
import { printable } from "../model/printable.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type Promised, promisedContent } from "./npm-integrity.ts";
import { loadNpmOptions, type NpmOptions } from "./npm-options.ts";
import { notKept, readNpmRecord, writeNpmRecord } from "./npm-record.ts";
import { fetchPackument, type NpmRegistry, registryFault, registryOf, tarballUrl } from "./npm-registry.ts";
import { type NpmSpec, parseNpmSpec } from "./npm-spec.ts";
import { printableUrl } from "./printable-url.ts";
import type { SourceRecord } from "./source-record.ts";

/** One version of a package, as its registry offers it. */
export interface NpmPackage extends Promised {
  /** `name` or `@scope/name`. */
  readonly name: string;
  readonly version: PackageVersion;
  /** The name in the store: `@scope+name`. */
  readonly packageName: PackageName;
  /** URL of the tarball. */
  readonly tarball: string;
  /** URL of the registry. */
  readonly registry: string;
}

/**
 * The version that npm itself would take for `name@range`, `@scope/name@range` or `name` (with or without `npm:`).
 * Offline: the best of the versions that were resolved before and whose tarballs are kept.
 *
 * @throws StoreError NOT_FOUND, INVALID_INPUT, INTEGRITY (the registry gives none), NETWORK, OFFLINE
 */
export async function resolveNpm(context: FetchContext, text: string): Promise<NpmPackage> {
  const spec = parseNpmSpec(text);
  const options = optionsFor(spec, await loadNpmOptions(context));
  const registry = registryOf(spec.name, options);
  const packument = context.offline
    ? readNpmRecord(context, spec, registry.url)
    : await fetchPackument(context, spec, registry);
  const manifest = context.offline ? pickOffline(packument, spec, registry) : pick(packument, spec, registry);
  const resolved = toPackage(context, manifest, [spec, registry]);
  checkVersion(manifest, packument, [spec, registry]);
  if (!context.offline) await writeNpmRecord(context, resolved, { packument, manifest });
  sayIfDeprecated(context, resolved, manifest.deprecated);
  return resolved;
}

/** A package that `min-release-age-exclude` names may be newer than `before` and `min-release-age` allow. */
function optionsFor(spec: NpmSpec, options: NpmOptions): NpmOptions {
  const patterns = Array.isArray(options.minReleaseAgeExclude) ? options.minReleaseAgeExclude.map(String) : [];
  return patterns.some((pattern) => globMatches(pattern, spec.name)) ? { ...options, before: null } : options;
}

function globMatches(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const expression = escaped
    .replaceAll("**", "\0")
    .replaceAll("*", "[^/]*")
    .replaceAll("\0", ".*")
    .replaceAll("?", "[^/]");
  return new RegExp(`^${expression}$`).test(name);
}

function pick(packument: SourceRecord, spec: NpmSpec, registry: NpmRegistry): SourceRecord {
  try {
    const { defaultTag, before, nodeVersion, npmVersion } = registry.options;
    const manifest = pickManifest({ ...packument, name: spec.name }, spec.wanted, {
      ...(typeof defaultTag === "string" && { defaultTag }),
      ...(typeof nodeVersion === "string" && { nodeVersion }),
      ...(typeof npmVersion === "string" && { npmVersion }),
      before,
    });
    if (isJsonObject(manifest)) return manifest;
  } catch (error) {
    if (!isErrno(error, "ETARGET", "ENOVERSIONS", "E403")) throw malformed(spec, registry, error);
    throw noVersion(packument, spec, error as Error);
  }
  throw malformed(spec, registry);
}

/** What was chosen as one version must not be another one. */
function checkVersion(manifest: SourceRecord, packument: SourceRecord, [spec, registry]: [NpmSpec, NpmRegistry]): void {
  const versions = isJsonObject(packument.versions) ? packument.versions : {};
  const version = String(manifest.version);
  if (Object.hasOwn(versions, version) && versions[version] === manifest) return;
  throw registryFault(spec, registry, `gives ${spec.name} ${printable(version)} as another version`);
}

function pickOffline(packument: SourceRecord, spec: NpmSpec, registry: NpmRegistry): SourceRecord {
  try {
    return pick(packument, spec, registry);
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") throw notKept(spec, registry.url);
    throw error;
  }
}

function noVersion(packument: SourceRecord, spec: NpmSpec, cause: Error): StoreError {
  const versions = isJsonObject(packument.versions) ? Object.keys(packument.versions).map(printable) : [];
  const forbidden = isErrno(cause, "E403");
  return new StoreError("NOT_FOUND", forbidden ? cause.message : `no version of ${spec.name} fits '${spec.wanted}'`, {
    hint: versions.length > 0 ? `There are: ${versions.slice(-10).join(", ")}.` : "It has no versions.",
    details: { name: spec.name, wanted: spec.wanted, versions },
    cause,
  });
}

function toPackage(
  context: FetchContext,
  manifest: SourceRecord,
  [spec, registry]: [NpmSpec, NpmRegistry],
): NpmPackage {
  const dist = isJsonObject(manifest.dist) ? manifest.dist : {};
  if (typeof manifest.version !== "string" || typeof dist.tarball !== "string") throw malformed(spec, registry);
  if (!URL.canParse(dist.tarball)) throw malformed(spec, registry);
  const tarball = tarballUrl(dist.tarball, registry);
  if (tarball === undefined) {
    throw registryFault(spec, registry, `names ${printableUrl(dist.tarball)} for ${spec.name}, which is not as safe`);
  }
  const version = parsePackageVersion(manifest.version);
  const subject = `${spec.name}@${version}`;
  return {
    name: spec.name,
    version,
    packageName: spec.packageName,
    tarball,
    ...promisedContent(context, dist, { subject, registry: registry.url }),
    registry: registry.url,
  };
}

function sayIfDeprecated(context: FetchContext, { name, version }: NpmPackage, reason: unknown): void {
  if (!reason) return;
  // What a registry says must not look as if another line were the program's own.
  const line = typeof reason === "string" ? printable(reason.replace(/\s+/g, " ").trim()) : "";
  context.onEvent?.({ kind: "deprecated", name, version, reason: line });
}

function malformed(spec: NpmSpec, registry: NpmRegistry, cause?: unknown): StoreError {
  return registryFault(spec, registry, `describes ${spec.name} in a form that npm's libraries do not accept`, cause);
}
