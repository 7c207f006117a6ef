import { killMarked } from "../system/process/kill-marked.ts";

/**
 * The entry in the environment of a build without a sandbox that no other process has: where its sources lie, in a temporary
 * directory of the store, whose name is random.
 */
export function buildMarker(source: string): string {
  return `src=${source}`;
}

/**
 * Ends what still runs of builds that worked below a temporary directory. To be called under its lock, which tells that the
 * process of the store that started them is gone, and before the directory is removed under them.
 */
export function endLeftBuilds(directory: string): void {
  killMarked(buildMarker(`${directory}/`));
}
