import { formatCount } from "../../model/format-count.ts";
import type { StoreEvent } from "../../operations/run-options.ts";
import type { FetchEvent } from "../../sources/fetch-context.ts";

/** Where long work stands. Sizes in bytes. */
export interface Stage {
  /** What is being done, and to what; a new pair is a new stage. */
  readonly verb: string;
  readonly subject: string;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  readonly count?: { readonly number: number; readonly noun: string; readonly plural: string } | undefined;
}

const VERBS = {
  resolve: "look up",
  fetch: "fetch",
  extract: "unpack",
  import: "import",
  export: "pack",
  commit: "store",
  link: "link",
} as const;

/** The stage that an event tells of, if it does. */
export function describeProgress(event: StoreEvent): Stage | undefined {
  switch (event.kind) {
    case "step":
      return { verb: VERBS[event.step], subject: event.subject };
    case "extracting": {
      const count = { number: event.entries, noun: "entry", plural: "entries" };
      return { verb: "unpack", subject: event.subject, done: event.readBytes, total: event.totalBytes, count };
    }
    case "importing": {
      const count = { number: event.files, noun: "file", plural: "files" };
      return { verb: "import", subject: event.subject, done: event.bytes, count };
    }
    case "verifying": {
      const count = { number: event.files, noun: "file", plural: "files" };
      return { verb: "verify", subject: event.subject, done: event.bytes, count };
    }
    case "fetching":
      return describeFetching(event.event);
    case "collecting": {
      const count = { number: event.deleted, noun: "object", plural: "objects" };
      return { verb: "delete", subject: `of ${formatCount(event.total, "object")}`, done: event.freedBytes, count };
    }
    case "building":
    case "checking":
    case "waiting":
    case "warning":
      return undefined;
  }
}

function describeFetching(event: FetchEvent): Stage | undefined {
  switch (event.kind) {
    case "started":
    case "progress":
      return { verb: "fetch", subject: lastPart(event.url), done: event.received, total: event.total };
    case "git":
      return { verb: "fetch", subject: `${lastPart(event.url)}: ${event.text}` };
    default:
      return undefined;
  }
}

function lastPart(url: string): string {
  return (
    url
      .replace(/[?#].*$/s, "")
      .split("/")
      .findLast((part) => part !== "") ?? url
  );
}
