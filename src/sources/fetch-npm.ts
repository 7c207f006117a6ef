import { StoreError } from "../errors.ts";
import type { FetchContext, Fetched } from "./fetch-context.ts";
import { fetchFile } from "./fetch-file.ts";
import { hashFile } from "./hash-file.ts";
import type { HttpAccess } from "./http-client.ts";
import { type Integrity, toContentHash } from "./integrity.ts";
import { wrongContent } from "./integrity-error.ts";
import { findKeptFile } from "./kept-files.ts";
import type { NpmPackage } from "./resolve-npm.ts";

export interface NpmRequest {
  /** `name@range`, with or without `npm:`. */
  readonly spec: string;
  /** What the tarball must be, beyond what the registry says. */
  readonly integrity?: Integrity | undefined;
}

export interface FetchedTarball extends Fetched {
  /** What the registry says of it, or that of several things which holds. */
  readonly promised: Integrity;
}

export interface FetchedNpm extends Fetched {
  /** Absent when the tarball was found by its integrity, without asking the registry. */
  readonly npmPackage?: NpmPackage;
}

/**
 * Resolves a package and fetches its tarball. With an integrity that is kept already nothing is asked for.
 *
 * @throws StoreError as `resolveNpm` and `fetchFile`
 */
export async function fetchNpmSpec(context: FetchContext, { spec, integrity }: NpmRequest): Promise<FetchedNpm> {
  const kept = integrity && (await findKeptFile(context, integrity));
  if (kept) {
    context.onEvent?.({ kind: "fetched", url: spec, integrity: kept.integrity, size: kept.size, reused: true });
    return { ...kept, fileName: fileNameOf(spec), origin: spec, reused: true };
  }
  const { resolveNpm } = await import("./resolve-npm.ts");
  const npmPackage = await resolveNpm(context, spec);
  const fetched = await fetchNpm(context, npmPackage);
  if (integrity) await check(context, fetched, integrity);
  return { ...fetched, npmPackage };
}

/**
 * Fetches a package's tarball into the store and checks it against what the registry said. Credentials go to the
 * registry's own host only.
 *
 * @throws StoreError as `fetchFile`
 */
export async function fetchNpm(context: FetchContext, npmPackage: NpmPackage): Promise<FetchedTarball> {
  const { tarball, packageName, version, alternatives = [] } = npmPackage;
  const fetchAs = async (promised: Integrity) => {
    const fetched = await fetchFile(context, {
      urls: [tarball],
      integrity: promised,
      giver: "registry",
      fileName: `${packageName}-${version}.tgz`,
      access: () => accessOf(context, npmPackage),
    });
    return { ...fetched, promised };
  };
  try {
    return await fetchAs(npmPackage.integrity);
  } catch (error) {
    // Downloaded once more: so rare that nothing else need know of several hashes.
    const actual = error instanceof StoreError && error.code === "INTEGRITY" ? error.details.actual : undefined;
    const other = alternatives.find((each) => each === actual);
    if (other === undefined) throw error;
    return fetchAs(other);
  }
}

async function accessOf(context: FetchContext, { registry }: NpmPackage): Promise<HttpAccess> {
  const { loadNpmOptions } = await import("./npm-options.ts");
  const { npmAccess } = await import("./npm-registry.ts");
  return npmAccess(context, { url: registry, options: await loadNpmOptions(context) });
}

async function check(context: FetchContext, { path, origin }: Fetched, integrity: Integrity): Promise<void> {
  const { algorithm, hex } = toContentHash(integrity);
  const hashes = await hashFile(path, algorithm, context.signal);
  if (hashes.hex.get(algorithm) !== hex) throw wrongContent(integrity, { url: origin, hashes, recorded: [] });
}

/** `npm:@scope/name@1.0.0` gives `@scope+name-1.0.0.tgz`. */
function fileNameOf(spec: string): string {
  const name = spec.replace(/^npm:/, "").replace(/(.)@/, "$1-");
  return `${name.replace(/[/\0]/g, "+")}.tgz`;
}
