const FACTOR = Number(process.env.STORE_RUNS ?? 1);

/** How many examples a property takes; `npm run test:properties` takes `STORE_RUNS` times as many. */
export function runs(usual: number): number {
  return Math.ceil(usual * FACTOR);
}
