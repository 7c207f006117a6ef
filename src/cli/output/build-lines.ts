import type { Realised, RealiseEvent } from "../../build/realise-options.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";

type Told = Extract<RealiseEvent, { kind: "started" | "phase" | "waiting" | "note" | "finished" }>;

/** One line for what a build does or has become. */
export function buildLine(event: Told): string {
  switch (event.kind) {
    case "started":
      return `building ${printable(event.id)}`;
    case "phase":
      return `  ${printable(event.id)}: ${event.phase}`;
    case "waiting":
      return `waiting for another process that builds ${printable(event.id)}`;
    case "note":
      return `note: ${printable(event.message)}. ${printable(event.hint)}`;
    case "finished":
      return finishedLine(event.result);
  }
}

/** A result without what only matters inside: records and errors are told elsewhere. */
export function plainResult(result: Realised): Readonly<Record<string, unknown>> {
  switch (result.state) {
    case "built":
    case "reused":
      return {
        id: result.id,
        state: result.state,
        key: result.key,
        output: result.record.output,
        seconds: result.record.seconds,
      };
    case "failed":
    case "interrupted":
      return { id: result.id, state: result.state };
    case "skipped":
      return { id: result.id, state: result.state, because: result.because };
  }
}

function finishedLine(result: Realised): string {
  const id = printable(result.id);
  switch (result.state) {
    case "built":
      return `built ${id} in ${formatDuration(result.record.seconds * 1000)}`;
    case "reused":
      return `${id} is in the store`;
    case "failed":
      return `failed: ${id}`;
    case "interrupted":
      return `interrupted: ${id}`;
    case "skipped":
      return `skipped ${id}: ${printable(result.because)} failed`;
  }
}
