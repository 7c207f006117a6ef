import { StoreError } from "../errors.ts";
import { type BaseName, isBaseName } from "./ids.ts";
import { damageOf, isJsonObject, parseJsonObject, readRecord } from "./json-object.ts";
import { packedFileName } from "./packed-object.ts";

/** Where packed objects lie below a repository, for those who cannot list its directories: relative paths with `/`. */
export type RepositoryIndex = ReadonlyMap<BaseName, string>;

/** The file of a repository that holds its index. */
export const REPOSITORY_INDEX = "packed-objects.json";

const INDEX_FORMAT = 1;

/** `unknown`: what `unknownInIndex` gave of the one before. */
export function printRepositoryIndex(index: RepositoryIndex, unknown?: Readonly<Record<string, unknown>>): string {
  const objects = Object.fromEntries([...index].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ ...unknown, format: INDEX_FORMAT, objects }, null, 1)}\n`;
}

/**
 * The members that another program wrote into an index; of what is no index, none.
 * @throws StoreError NEWER_FORMAT
 */
export function unknownInIndex(text: string, source: string): Readonly<Record<string, unknown>> {
  try {
    const { objects: _, ...members } = parseJsonObject(text, source);
    return readRecord(members, source, INDEX_FORMAT).rest();
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "DAMAGED") throw error;
    return {};
  }
}

/** @throws StoreError INVALID_INPUT, NEWER_FORMAT */
export function parseRepositoryIndex(text: string, source: string): RepositoryIndex {
  try {
    const { objects, ...members } = parseJsonObject(text, source);
    readRecord(members, source, INDEX_FORMAT);
    if (!isJsonObject(objects)) throw badIndex(source, "objects is missing");
    return new Map(Object.entries(objects).map((entry) => parseEntry(entry, source)));
  } catch (error) {
    const reason = damageOf(error);
    throw reason === undefined ? error : badIndex(source, reason);
  }
}

/** A path leads to a file below the repository and nowhere else. */
function parseEntry([object, path]: readonly [string, unknown], source: string): readonly [BaseName, string] {
  const parts = typeof path === "string" ? path.split("/") : [];
  const isBelow = parts.length > 0 && parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isBaseName(object) && isBelow && parts.at(-1) === packedFileName(object)) return [object, parts.join("/")];
  throw badIndex(source, `${JSON.stringify(object)} is no object, or does not lie at ${JSON.stringify(path)}`);
}

function badIndex(source: string, reason: string): StoreError {
  return new StoreError("INVALID_INPUT", `${source} is no index of a repository: ${reason}`, {
    hint: "`store archive index DIR` writes one.",
    details: { source },
  });
}
