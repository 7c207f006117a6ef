import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errors.ts";
import { isJsonObject } from "../model/json-object.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { Integrity } from "./integrity.ts";
import { urlRecordsDirectory } from "./source-paths.ts";

/** Which URLs gave this content before, as the records of downloads tell: for when nobody knows any more where it was. */
export function recordedUrls(context: Pick<FetchContext, "directory">, integrity: Integrity): readonly string[] {
  const top = urlRecordsDirectory(context.directory);
  const files = namesIn(top).flatMap((part) => namesIn(join(top, part)).map((name) => join(top, part, name)));
  return files.flatMap((path) => {
    const { url, contents } = readRecord(path);
    const gave = Array.isArray(contents) && contents.some((each) => isJsonObject(each) && each.integrity === integrity);
    return gave && typeof url === "string" ? [url] : [];
  });
}

function readRecord(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isJsonObject(value) ? value : {};
  } catch {
    // A record is memory, not truth.
    return {};
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
