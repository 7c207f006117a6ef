import type { RealiseEvent } from "../../build/realise-options.ts";
import { printable } from "../output/printable.ts";
import { formatDuration } from "../output/quantities.ts";

/** The builds of one command as a footer shows them. */
export interface BuildStatus {
  /** Takes in an event at this time, in milliseconds that only go up. */
  note(event: RealiseEvent, now: number): void;
  /** A line of counts, then one for each running build; empty before there is one. */
  lines(now: number): string[];
}

interface Running {
  readonly since: number;
  phase: string;
}

/** Running builds that are shown at most. */
const SHOWN = 8;

export function createBuildStatus(): BuildStatus {
  const running = new Map<string, Running>();
  const count = { total: 0, done: 0, failed: 0 };
  let expected: Readonly<Record<string, number>> = {};
  const open = new Set<string>();
  return {
    note(event, now) {
      switch (event.kind) {
        case "planned":
          count.total += event.ids.length;
          for (const id of event.ids) open.add(id);
          break;
        case "expected":
          expected = event.seconds;
          break;
        case "started":
          running.set(event.id, { since: now, phase: "starts" });
          break;
        case "phase": {
          const build = running.get(event.id);
          if (build) build.phase = event.phase;
          break;
        }
        case "finished":
          running.delete(event.result.id);
          open.delete(event.result.id);
          count.done += 1;
          if (event.result.state === "failed") count.failed += 1;
          break;
        case "line":
        case "warning":
        case "note":
        case "waiting":
          break;
      }
    },
    lines(now) {
      if (running.size === 0) return [];
      const shown = [...running].slice(0, SHOWN).map(([id, build]) => runningLine(id, build, now));
      const more = running.size > SHOWN ? [`  and ${running.size - SHOWN} more`] : [];
      return [countLine(count, running.size, remainingSeconds({ open, running, expected, now })), ...shown, ...more];
    },
  };
}

function runningLine(id: string, { since, phase }: Running, now: number): string {
  return `  ${printable(id)}  ${phase}  ${formatDuration(now - since)}`;
}

function countLine(
  count: { total: number; done: number; failed: number },
  running: number,
  remaining: number | undefined,
): string {
  const parts = [`${count.done} of ${count.total} done`, `${running} running`];
  if (count.failed > 0) parts.push(`${count.failed} failed`);
  if (remaining !== undefined) parts.push(`about ${formatDuration(remaining * 1000)} left`);
  return parts.join(", ");
}

/** From what the last builds took, as if they ran as many at once as now; unknown while one of them was never built. */
function remainingSeconds(builds: {
  open: ReadonlySet<string>;
  running: ReadonlyMap<string, Running>;
  expected: Readonly<Record<string, number>>;
  now: number;
}): number | undefined {
  let seconds = 0;
  for (const id of builds.open) {
    const took = builds.expected[id];
    if (took === undefined) return undefined;
    const since = builds.running.get(id)?.since;
    seconds += Math.max(0, took - (since === undefined ? 0 : (builds.now - since) / 1000));
  }
  return seconds / Math.max(1, builds.running.size);
}
