import { requestOf } from "../../build/build-sources.ts";
import { StoreError } from "../../errors.ts";
import { type FetchedSource, fetchAll, type SourceRequest } from "../../sources/fetch-all.ts";
import { type Integrity, toIntegrity } from "../../sources/integrity.ts";
import { sourceName } from "../../sources/kept-sources.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import type { RunOptions } from "../run-options.ts";
import { type BuildRequest, planBuild } from "./build.ts";
import { createFetchContext } from "./fetch-context.ts";

export interface PrefetchedSource {
  /** `name@version+option`. */
  readonly package: string;
  /** What the build calls it. */
  readonly fileName: string;
  /** Which URL or mirror served it. */
  readonly url: string;
  readonly integrity: Integrity;
}

/**
 * Fetches the sources of packages and of all that they need, so that they can be built offline. Sources without an
 * integrity are fetched, too, to tell it.
 * @throws StoreError INTEGRITY naming the integrity of every source that has none; NETWORK, NOT_FOUND
 */
export async function fetchSources(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly PrefetchedSource[]> {
  refuseReadOnly(store);
  const planned = [...planBuild(request, { missingIntegrity: "allow" }).packages.values()];
  const wanted = planned.flatMap(({ id, recipe }) =>
    recipe.sources.flatMap((source) =>
      source.kind === "fetched" ? [{ id, fileName: source.fileName, source: requestOf(source) }] : [],
    ),
  );
  const context = createFetchContext(store, request, run);
  const fetched = await fetchAll(
    context,
    wanted.map(({ source }) => (isComplete(source) ? source : { ...source, allowUnverified: true })),
  );
  const results = wanted.map(({ id, fileName, source }, index): PrefetchedSource => {
    const got = fetched[index] as FetchedSource;
    const url = got.kind === "file" ? got.origin : sourceName(source);
    return { package: id, fileName, url, integrity: integrityOf(got) };
  });
  const without = results.filter((_, index) => !isComplete(wanted[index]?.source as SourceRequest));
  if (without.length > 0) throw missingIntegrities(without);
  return results;
}

/** Whether something can be held against what is fetched. */
function isComplete(request: SourceRequest): boolean {
  return (request.kind === "git" ? request.treeId : request.integrity) !== undefined;
}

function integrityOf(source: FetchedSource): Integrity {
  return source.kind === "git" ? toIntegrity({ algorithm: "sha256", hex: source.treeId }) : source.integrity;
}

function missingIntegrities(sources: readonly PrefetchedSource[]): StoreError {
  const lines = sources.map(({ package: id, url, integrity }) => `\n  ${id}: ${url}\n    integrity: ${integrity}`);
  return new StoreError("INTEGRITY", `the recipe gives no integrity for what was fetched:${lines.join("")}`, {
    hint: "Check the content, then add these lines to the recipes.",
    details: { sources },
  });
}
