import { existsSync } from "node:fs";
import type { SourceRequest } from "./fetch-all.ts";
import type { FetchContext } from "./fetch-context.ts";
import { toContentHash, toIntegrity } from "./integrity.ts";
import { isKept } from "./kept-files.ts";
import { keptTreePath } from "./kept-tree.ts";
import { printableUrl } from "./printable-url.ts";
import { recordedContents } from "./url-record.ts";

/** Whether a source is in the store, by its name alone: its content is not read. */
export function isSourceKept(context: FetchContext, request: SourceRequest): boolean {
  if (request.kind !== "git") return request.integrity !== undefined && isKept(context, request.integrity);
  const path = keptTreePath(context, request);
  return path !== undefined && existsSync(path);
}

/** What a source is called for a person: the first URL that would be asked, without credentials. */
export function sourceName(request: SourceRequest): string {
  switch (request.kind) {
    case "file":
      return printableUrl(request.urls[0] ?? "");
    case "npm":
      return request.spec;
    case "git":
      return `git+${printableUrl(request.url)}#${request.commit}`;
  }
}

/** Bytes of a source, when one of its URLs gave this content before. */
export function sourceSize(context: FetchContext, request: SourceRequest): number | undefined {
  if (request.kind !== "file" || request.integrity === undefined) return undefined;
  const wanted = toIntegrity(toContentHash(request.integrity));
  const recorded = request.urls.flatMap((url) => recordedContents(context, printableUrl(url)));
  return recorded.find(({ integrity }) => integrity === wanted)?.size;
}
