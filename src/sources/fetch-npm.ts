import type { FetchContext, Fetched } from "./fetch-context.ts";
import { fetchFile } from "./fetch-file.ts";
import type { HttpAccess } from "./http-client.ts";
import type { NpmPackage } from "./resolve-npm.ts";

/**
 * Fetches a package's tarball into the store and checks it against what the registry said. Credentials go to the
 * registry's own host only.
 *
 * @throws StoreError as `fetchFile`
 */
export async function fetchNpm(context: FetchContext, npmPackage: NpmPackage): Promise<Fetched> {
  const { tarball, integrity, packageName, version } = npmPackage;
  return fetchFile(context, {
    urls: [tarball],
    integrity,
    fileName: `${packageName}-${version}.tgz`,
    access: () => accessOf(context, npmPackage),
  });
}

async function accessOf(context: FetchContext, { registry }: NpmPackage): Promise<HttpAccess> {
  const { loadNpmOptions } = await import("./npm-options.ts");
  const { npmAccess } = await import("./npm-registry.ts");
  return npmAccess(context, { url: registry, options: await loadNpmOptions(context) });
}
