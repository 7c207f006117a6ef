import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What one run of a program took, in seconds: by the clock, and of all its processes in user mode and in the kernel.
 * @typedef {{ real: number, user: number, sys: number }} Sample
 */

const TIMED =
  'exec 3>&2 2>/dev/null; TIMEFORMAT="%U %S"; a=$EPOCHREALTIME; { time "$@" >/dev/null 2>"$ERRORS"; } 2>&3; s=$?; b=$EPOCHREALTIME; echo "$a $b" >&3; exit $s';

/** 3: the store's "done, with warnings". */
const DONE = [0, 3];

/** Runs a program and times it. The shell does it: it knows what its children used, and starts them without delay. */
export function timeCommand(command, { env, cwd, errors }) {
  const { status, stderr } = spawnSync("bash", ["-c", TIMED, "bench", ...command], {
    cwd,
    env: { ...env, ERRORS: errors, LC_ALL: "C" },
    encoding: "utf8",
  });
  const [user, sys, began, ended] = stderr.trim().split(/\s+/).slice(-4).map(Number);
  if (!DONE.includes(status) || ended === undefined) {
    throw new Error(`${command.slice(0, 4).join(" ")} … failed:\n${readFileSync(errors, "utf8").slice(-2000)}`);
  }
  return { real: ended - began, user, sys };
}

export function runQuietly(command, { env, cwd }) {
  const [program, ...args] = command;
  return execFileSync(program, args, {
    env,
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Ratios of samples that were taken in the same rounds. */
export function compare(ours, theirs) {
  const ratios = ours.map(({ real }, round) => real / theirs[round].real);
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
