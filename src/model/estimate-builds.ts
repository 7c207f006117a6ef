/** A build that is to come: what it took the last time, and which others it waits for. */
export interface ExpectedBuild {
  readonly id: string;
  readonly seconds: number;
  /** Others that are not to be built count as done. */
  readonly needs: readonly string[];
}

/**
 * Seconds from the beginning until each build has ended, when as many run at once as there are jobs, and each begins as
 * soon as what it needs is done and a job is free. An estimate: a build that has a job free uses it too, and gains by it.
 * @param builds each behind those that it needs
 */
export function estimateEnds(builds: readonly ExpectedBuild[], jobs: number): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  const free = Array.from({ length: Math.max(1, Math.min(jobs, builds.length)) }, () => 0);
  const waiting = [...builds];
  const known = new Set(builds.map(({ id }) => id));
  const readyAt = ({ needs }: ExpectedBuild): number => {
    const times = needs.filter((id) => known.has(id)).map((id) => ends.get(id) ?? Number.POSITIVE_INFINITY);
    return Math.max(0, ...times);
  };
  while (waiting.length > 0) {
    const next = earliest(waiting.map(readyAt));
    const [build] = waiting.splice(next.index, 1) as [ExpectedBuild];
    const slot = earliest(free);
    const end = Math.max(next.time, slot.time) + build.seconds;
    free[slot.index] = end;
    ends.set(build.id, end);
  }
  return ends;
}

/** The first of the least. */
function earliest(times: readonly number[]): { readonly index: number; readonly time: number } {
  const time = Math.min(...times);
  return { index: times.indexOf(time), time };
}
