import { requestOf } from "../../build/build-sources.ts";
import { isSourceFailure, namingPackage } from "../../build/source-failure.ts";
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
 * integrity are fetched, too, to tell it. One that cannot be had keeps no other from being fetched.
 * @throws StoreError INTEGRITY naming the integrity of every source that has none or another one; NETWORK, NOT_FOUND
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
  const failures: StoreError[] = [];
  const fetched = await fetchAll(
    context,
    wanted.map(({ source }) => (isComplete(source) ? source : { ...source, allowUnverified: true })),
    {
      goesOn(error, index) {
        if (isSourceFailure(error)) failures.push(namingPackage(error, wanted[index]?.id as string));
        return isSourceFailure(error);
      },
    },
  );
  const results = wanted.flatMap(({ id, fileName, source }, index) => {
    const got = fetched[index];
    return got ? [{ told: describe(got, { id, fileName, source }), isComplete: isComplete(source) }] : [];
  });
  const without = results.filter((each) => !each.isComplete).map(({ told }) => told);
  if (without.length > 0) failures.push(missingIntegrities(without));
  if (failures.length > 0) throw allFailures(failures);
  return results.map(({ told }) => told);
}

interface WantedSource {
  readonly id: string;
  readonly fileName: string;
  readonly source: SourceRequest;
}

function describe(got: FetchedSource, { id, fileName, source }: WantedSource): PrefetchedSource {
  const url = got.kind === "file" ? got.origin : sourceName(source);
  return { package: id, fileName, url, integrity: integrityOf(got) };
}

/** What is wrong with the recipes counts before what is wrong with the places. */
function allFailures(failures: readonly StoreError[]): StoreError {
  const first = failures.find(({ code }) => code === "INTEGRITY") ?? (failures[0] as StoreError);
  if (failures.length === 1) return first;
  const hints = new Set(failures.flatMap(({ hint }) => hint ?? []));
  return new StoreError(first.code, failures.map(({ message }) => message).join("\n"), {
    hint: [...hints].join(" "),
    details: { failures: failures.map(({ code, message, details }) => ({ ...details, code, message })) },
    cause: first,
  });
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
