/** Work that can be interrupted between its steps. */
export type Steps<Result> = Generator<void, Result>;

export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same, where others get their turn between two steps. With `isWanted` false in between, the work ends where it is. */
export async function finishInTurns<Result>(steps: Steps<Result>, isWanted: () => boolean): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await new Promise((resolve) => setImmediate(resolve));
    if (isWanted()) continue;
    steps.return(undefined as never);
    throw new Error("the work is no longer wanted");
  }
}
