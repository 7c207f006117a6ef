import type { RealiseEvent } from "../build/realise-options.ts";
import type { RunOptions, StoreEvent } from "../operations/run-options.ts";
import type { FetchEvent } from "../sources/fetch-context.ts";
import type { Debug } from "./debug.ts";
import { testLine } from "./output/bisect-lines.ts";
import { buildLine, plainResult } from "./output/build-lines.ts";
import type { Output } from "./output/output.ts";
import { printable } from "./output/printable.ts";
import { formatDuration } from "./output/quantities.ts";

export interface EventParts {
  readonly output: Output;
  readonly debug: Debug;
  readonly isVerbose: boolean;
  /** Shows how far long work is. */
  readonly progress?: ((event: StoreEvent) => void) | undefined;
}

/** Tells of what operations report; `warned` is set when a warning needs a person. */
export function createEventHandler(parts: EventParts): {
  readonly onEvent: NonNullable<RunOptions["onEvent"]>;
  hasWarned(): boolean;
} {
  let warned = false;
  return {
    onEvent(event) {
      parts.debug.trace("events", event);
      if (event.kind === "fetching") parts.debug.trace("fetch", event.event);
      if (event.kind === "warning") warned = true;
      tell(event, parts);
      parts.progress?.(event);
    },
    hasWarned: () => warned,
  };
}

function tell(event: StoreEvent, { output, isVerbose, progress }: EventParts): void {
  switch (event.kind) {
    case "warning":
      output.warning(event.message, event.hint);
      break;
    case "waiting":
      output.waiting(event.holder);
      break;
    case "fetching":
      tellFetching(event.event, output, isVerbose);
      break;
    case "building":
      tellBuilding(event.event, output, progress !== undefined);
      break;
    case "tested":
      output.done({ test: event.test }, (style) => testLine(event.test, style));
      break;
    case "checking":
      output.done({ check: { line: event.line } }, (style) => style.paint("faint", `| ${printable(event.line)}`));
      break;
    case "step":
      if (isVerbose) output.trace(`${event.step} ${event.subject} …`);
      break;
    case "extracting":
    case "importing":
    case "verifying":
      break;
  }
}

function tellBuilding(event: RealiseEvent, output: Output, hasFooter: boolean): void {
  switch (event.kind) {
    case "started":
    case "phase":
      // On a terminal the footer shows these.
      if (!hasFooter) output.done({ build: event }, () => buildLine(event));
      break;
    case "waiting":
    case "note":
      output.done({ build: event }, () => buildLine(event));
      break;
    case "finished":
      if (event.result.state !== "reused")
        output.done({ build: { ...event, result: plainResult(event.result) } }, () => buildLine(event));
      break;
    case "planned":
    case "expected":
    case "line":
    case "warning":
      break;
  }
}

function tellFetching(event: FetchEvent, output: Output, isVerbose: boolean): void {
  switch (event.kind) {
    case "waiting":
      output.waiting(event.holder);
      break;
    case "retrying":
      output.warning(`${about(event)}; trying again in ${formatDuration(event.delayMs)}`);
      break;
    case "skipped":
      if (event.missing) {
        if (isVerbose) output.trace(`${about(event)}; trying the next address`);
      } else output.warning(`${about(event)}; trying the next address`);
      break;
    case "changed":
      output.warning(
        `${event.url} gives other content than before: ${event.integrity}`,
        `Before it was ${event.recorded.map(({ integrity }) => integrity).join(", ")}. Give --integrity to be sure.`,
      );
      break;
    case "damaged":
      output.warning(`${event.path} was damaged and is fetched again`);
      break;
    case "deprecated":
      output.warning(`${event.name} ${event.version} is deprecated: ${event.reason}`);
      break;
    case "fetched":
      if (isVerbose) output.trace(`fetched ${event.url}${event.reused ? " (kept from before)" : ""}`);
      break;
    case "started":
    case "progress":
    case "checked-out":
    case "git":
      break;
  }
}

/** What went wrong with which URL; some reasons name it already. */
function about({ url, reason }: { readonly url: string; readonly reason: string }): string {
  return reason.includes(url) ? reason : `${url}: ${reason}`;
}
