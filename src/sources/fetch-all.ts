import { StoreError } from "../errors.ts";
import type { FetchContext, Fetched } from "./fetch-context.ts";
import { fetchFailure } from "./fetch-failure.ts";
import { type FileRequest, fetchFile } from "./fetch-file.ts";
import type { FetchedTree, GitRequest } from "./fetch-git.ts";
import { type FetchedNpm, fetchNpmSpec, type NpmRequest } from "./fetch-npm.ts";

/** One source to fetch. */
export type SourceRequest =
  | ({ readonly kind: "file" } & FileRequest)
  | ({ readonly kind: "npm" } & NpmRequest)
  | ({ readonly kind: "git" } & GitRequest);

export type FetchedSource =
  | ({ readonly kind: "file" } & Fetched)
  | ({ readonly kind: "npm" } & FetchedNpm)
  | ({ readonly kind: "git" } & FetchedTree);

export interface FetchAllOptions {
  readonly concurrency?: number;
  /** Told of the failure of a request, by its index: whether the others go on. */
  readonly goesOn?: (error: unknown, index: number) => boolean;
}

/**
 * Fetches several sources, at most `concurrency` at once (default: 4); the results are in the order of the requests. The
 * first failure ends the others, unless `goesOn` takes it: then there is only no result at its place. What they have of a
 * download is kept for the next time.
 *
 * @throws StoreError the failure, or one that lists those that came together; the signal's reason
 */
export async function fetchAll(
  context: FetchContext,
  requests: readonly SourceRequest[],
  { concurrency = 4, goesOn = () => false }: FetchAllOptions = {},
): Promise<FetchedSource[]> {
  const stop = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal;
  const results: FetchedSource[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < requests.length && !signal.aborted) {
      const index = next++;
      try {
        results[index] = await fetchSource({ ...context, signal }, requests[index] as SourceRequest);
      } catch (error) {
        if (error !== signal.reason && goesOn(error, index)) continue;
        if (error !== signal.reason) failures.push(error);
        stop.abort(new StoreError("INTERRUPTED", "another source could not be fetched"));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  context.signal?.throwIfAborted();
  if (failures.length > 0) throw allFailures(failures);
  return results;
}

/** Fetches one source of any kind. */
export async function fetchSource(context: FetchContext, request: SourceRequest): Promise<FetchedSource> {
  switch (request.kind) {
    case "file":
      return { kind: "file", ...(await fetchFile(context, request)) };
    case "npm":
      return { kind: "npm", ...(await fetchNpmSpec(context, request)) };
    case "git": {
      const { fetchGit } = await import("./fetch-git.ts");
      return { kind: "git", ...(await fetchGit(context, request)) };
    }
  }
}

/** A mistake of the program counts before what a user can mend. */
function allFailures(failures: readonly unknown[]): unknown {
  const unexpected = failures.find((failure) => !(failure instanceof StoreError));
  return unexpected ?? fetchFailure("all sources", failures as readonly StoreError[]);
}
