import { spawnSync } from "node:child_process";

/** Those of these shells that this machine has; the others are told of. */
export function findShells<T extends string>(...wanted: readonly T[]): readonly T[] {
  return wanted.filter((shell) => {
    const isThere = spawnSync(shell, ["-c", "true"]).status === 0;
    if (!isThere) process.stderr.write(`SKIPPED: tests in ${shell}: it is not installed\n`);
    return isThere;
  });
}
