import type { StoreEvent } from "../../operations/run-options.ts";
import { createBuildStatus } from "./build-status.ts";
import { describeProgress, type Stage } from "./describe-progress.ts";
import { cut, progressLine } from "./progress-line.ts";

export interface ProgressParts {
  /** Shows a line in place of the one before. */
  readonly show: (line: string) => void;
  /** Milliseconds that only go up. */
  readonly clock: () => number;
  /** Width of the terminal now. */
  readonly columns: () => number;
}

/** Work that is done sooner shows nothing. */
const FIRST_MS = 200;
const EVERY_MS = 100;

/** Shows how far work is, in one line that is written over. */
export function showProgress({ show, clock, columns }: ProgressParts): (event: StoreEvent) => void {
  let stage: Stage | undefined;
  let began = clock();
  let next = began + FIRST_MS;
  let isPlanned = false;
  let isTicking = false;
  const builds = createBuildStatus();
  const draw = () => {
    next = clock() + EVERY_MS;
    const footer = builds.lines(clock()).map((line) => cut(line, columns() - 1));
    const line = stage ? [progressLine(stage, clock() - began, columns() - 1)] : [];
    if (footer.length > 0) show(footer.join("\n"));
    else show(line.join(""));
  };
  const drawLater = () => {
    isPlanned = false;
    draw();
  };
  return (event) => {
    if (event.kind === "building") {
      builds.note(event.event, clock());
      if (!isTicking) setInterval(draw, EVERY_MS).unref();
      isTicking = true;
      return;
    }
    const now = describeProgress(event);
    if (!now) return;
    if (!isSame(stage, now)) began = clock();
    stage = now;
    // Steps that say nothing more are shown by the timer; work that leaves it no room tells of itself.
    if (clock() >= next) draw();
    else if (!isPlanned) setTimeout(drawLater, next - clock()).unref();
    isPlanned ||= clock() < next;
  };
}

function isSame(before: Stage | undefined, now: Stage): boolean {
  return before?.verb === now.verb && before.subject === now.subject;
}
