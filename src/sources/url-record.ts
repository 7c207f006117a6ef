import { isJsonObject } from "../model/json-object.ts";
import type { FetchContext, RecordedContent } from "./fetch-context.ts";
import { type Integrity, parseIntegrity } from "./integrity.ts";
import { urlRecordPath } from "./source-paths.ts";
import { readRecord, writeRecord } from "./source-record.ts";

/** What the URL (without credentials) gave before, the latest content first. */
export function recordedContents(context: FetchContext, url: string): readonly RecordedContent[] {
  return readContents(context, url).map(({ known }) => known);
}

/** With the members that this version does not know. */
interface ReadContent {
  readonly known: RecordedContent;
  readonly members: object;
}

function readContents(context: FetchContext, url: string): readonly ReadContent[] {
  const contents = readRecord(urlRecordPath(context.directory, url))?.contents;
  return Array.isArray(contents) ? contents.flatMap(parseContent) : [];
}

/**
 * Records that the URL gave this content now, and tells, by an event, when it gave other content the last time. The
 * caller holds the URL's lock.
 */
export function recordContent(
  context: FetchContext,
  url: string,
  content: { readonly integrity: Integrity; readonly size: number },
): void {
  const { integrity, size } = content;
  const read = readContents(context, url);
  const recorded = read.map(({ known }) => known);
  if (recorded[0] && recorded[0].integrity !== integrity) {
    context.onEvent?.({ kind: "changed", url, integrity, recorded });
  }
  const last = context.now().toISOString();
  const same = read.find(({ known }) => known.integrity === integrity);
  const others = read.filter((other) => other.known.integrity !== integrity);
  const now = { ...same?.members, integrity, size, first: same?.known.first ?? last, last };
  const contents = [now, ...others.map(({ members }) => members)];
  writeRecord(urlRecordPath(context.directory, url), { url, contents });
}

/**
 * Tells, by an event, when URLs of one source are known with other content only: its integrity has changed. When one of
 * them gave this content, the others are places that were passed over.
 */
export function sayIfChanged(context: FetchContext, urls: readonly string[], integrity: Integrity): void {
  const known = urls.map((url) => ({ url, recorded: recordedContents(context, url) }));
  if (known.some(({ recorded }) => recorded.some((content) => content.integrity === integrity))) return;
  for (const { url, recorded } of known) {
    if (recorded.length > 0) context.onEvent?.({ kind: "changed", url, integrity, recorded });
  }
}

function parseContent(value: unknown): ReadContent[] {
  if (!isJsonObject(value)) return [];
  const { integrity, size, first, last } = value;
  if (typeof integrity !== "string" || typeof size !== "number") return [];
  if (typeof first !== "string" || typeof last !== "string") return [];
  try {
    return [{ known: { integrity: parseIntegrity(integrity), size, first, last }, members: value }];
  } catch {
    return [];
  }
}
