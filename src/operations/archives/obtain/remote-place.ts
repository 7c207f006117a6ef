import { lstatSync, readFileSync } from "node:fs";
import { StoreError } from "../../../errors.ts";
import type { BaseName } from "../../../model/ids.ts";
import { packedFileName } from "../../../model/packed-object.ts";
import { parseRepositoryIndex, REPOSITORY_INDEX, type RepositoryIndex } from "../../../model/repository-index.ts";
import type { FetchContext } from "../../../sources/fetch-context.ts";
import { parseFetchable } from "../../../sources/fetchable-url.ts";
import { printableUrl } from "../../../sources/printable-url.ts";
import type { Store } from "../../../store/open-store.ts";
import type { UnpackLimits } from "../../../store/unpack-object.ts";
import { removeFile } from "../../../system/remove-file.ts";
import { createFetchContext } from "../../building/fetch-context.ts";
import type { RunOptions } from "../../run-options.ts";
import { limitsOf } from "../unpack-limits.ts";
import type { PackedFound, PackedPlace } from "./packed-place.ts";

interface RemoteOptions {
  readonly recursive: boolean;
  readonly cwd: string;
  readonly offline?: boolean | undefined;
  readonly limits?: Partial<UnpackLimits> | undefined;
  readonly run: RunOptions;
}

/**
 * Packed objects on a server: directly below the URL, or with `recursive` where the index there says. A file is checked
 * by its content when it is unpacked, so that no integrity need be known.
 */
export function remotePlace(
  store: Store,
  base: string,
  { run, recursive, limits, ...options }: RemoteOptions,
): PackedPlace {
  const { maxBytes } = limitsOf({ kind: "repository" }, limits);
  const context = createFetchContext(store, { ...options, maxBytes }, run);
  let index: Promise<RepositoryIndex | undefined> | undefined;
  const indexed = async () => {
    index ??= recursive ? readIndex(context, base) : Promise.resolve(undefined);
    return await index;
  };
  /** Also an empty answer can be wrong when the index is missing, and then says so. */
  const inPlace = async <T>(object: BaseName, ask: (url: string) => Promise<T | undefined>) => {
    // What is put behind a base that has no host could be taken for one.
    parseFetchable(base);
    const known = await indexed();
    const path = known ? known.get(object) : packedFileName(object);
    const found = path === undefined ? undefined : await ask(below(base, path));
    if (found === undefined && recursive && !known) throw noIndex(base);
    return found;
  };
  return {
    kind: "repository",
    name: printableUrl(base),
    find: (object) => inPlace(object, (url) => fetchIfThere(context, url)),
    look: (object) =>
      inPlace(object, async (url) => {
        const { probeUrl } = await import("../../../sources/probe-url.ts");
        const found = await probeUrl(context, url);
        return found && (found.isKept ? {} : { url, bytes: found.bytes });
      }),
  };
}

/** A file that stays where it is. */
export function keptFile(path: string): PackedFound {
  return { path, [Symbol.dispose]: () => {} };
}

/** More than an index of a hundred thousand objects has. */
const LARGEST_INDEX = 64 << 20;

async function readIndex(context: FetchContext, base: string): Promise<RepositoryIndex | undefined> {
  const url = below(base, REPOSITORY_INDEX);
  using found = await fetchIfThere(mayChange(context), url, LARGEST_INDEX);
  return found && parseRepositoryIndex(readFileSync(found.path, "utf8"), printableUrl(url));
}

/** For a URL that is meant to give other content from time to time. */
function mayChange(context: FetchContext): FetchContext {
  return { ...context, onEvent: (event) => event.kind !== "changed" && context.onEvent?.(event) };
}

async function fetchIfThere(context: FetchContext, url: string, maxBytes?: number): Promise<PackedFound | undefined> {
  const { fetchFile } = await import("../../../sources/fetch-file.ts");
  try {
    const request = { urls: [url], allowUnverified: true, ...(maxBytes !== undefined && { maxBytes }) };
    const fetched = await fetchFile(context, request);
    return fetched.reused ? keptFile(fetched.path) : borrowedFile(fetched.path);
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** What was fetched only for this is not needed behind it. */
function borrowedFile(path: string): PackedFound {
  return {
    path,
    [Symbol.dispose]: () => {
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) removeFile(path);
    },
  };
}

function below(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function noIndex(base: string): StoreError {
  const message = `there is no ${REPOSITORY_INDEX} at ${printableUrl(base)}, which tells what lies below it`;
  return new StoreError("NOT_FOUND", message, {
    hint: "`store archive index DIR` writes it where the files lie; without --recursive only the files directly there are looked for.",
    details: { url: printableUrl(base) },
  });
}
