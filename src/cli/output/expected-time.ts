import { formatDuration } from "./quantities.ts";

export interface ExpectedTime {
  /** What the last build took. */
  readonly expectedSeconds?: number | undefined;
  /** When it ends, where several run at once. */
  readonly endsAfterSeconds?: number | undefined;
}

/** How long builds will take, when that is known of one at least. */
export function expectedTimeLine(builds: readonly ExpectedTime[]): string[] {
  const known = builds.flatMap(({ expectedSeconds }) => expectedSeconds ?? []);
  if (known.length === 0) return [];
  const ends = builds.flatMap(({ endsAfterSeconds }) => endsAfterSeconds ?? []);
  const inTurn = ends.length < builds.length;
  const seconds = inTurn ? known.reduce((sum, each) => sum + each, 0) : Math.max(...ends);
  const unknown = builds.length - known.length;
  const rest = unknown === 0 ? "" : `, and ${unknown} never built before`;
  return [`about ${formatDuration(1000 * seconds)} to build${inTurn ? ", one after the other" : ""}${rest}`];
}
