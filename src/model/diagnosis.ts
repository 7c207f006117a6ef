import { formatCount } from "./format-count.ts";
/** What is said of one part of the environment. */
export interface Diagnosis {
  /** `node`, `sandbox`, `filesystem` … */
  readonly topic: string;
  readonly state: "ok" | "warn" | "bad";
  /** What was found. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** The worst of them. */
export function worstOf(diagnoses: readonly Diagnosis[]): Diagnosis["state"] {
  const states = new Set(diagnoses.map(({ state }) => state));
  return states.has("bad") ? "bad" : states.has("warn") ? "warn" : "ok";
}

/** @param version of Node, `v20.19.0` @param needed the oldest that works, `20.19` */
export function judgeNode(version: string, needed: string): Diagnosis {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const [needMajor = 0, needMinor = 0] = needed.split(".").map(Number);
  const isEnough = major > needMajor || (major === needMajor && minor >= needMinor);
  if (isEnough) return { topic: "node", state: "ok", text: `Node ${version}` };
  return { topic: "node", state: "bad", text: `Node ${version}`, advice: `Use Node ${needed} or newer.` };
}

export interface Space {
  /** Bytes for this user. */
  readonly free: number;
  readonly total: number;
  readonly freeInodes: number;
  /** 0 where the filesystem makes them as they are needed. */
  readonly totalInodes: number;
}

const GIB = 2 ** 30;

export function judgeSpace({ free, total, freeInodes, totalInodes }: Space): Diagnosis[] {
  const percent = total > 0 ? Math.floor((100 * free) / total) : 100;
  const text = `${(free / GIB).toFixed(1)} GiB free (${percent}%)`;
  const state = free < GIB / 4 ? "bad" : free < 2 * GIB || percent < 3 ? "warn" : "ok";
  const advice = "Free space: `store gc` removes what nothing needs.";
  const space: Diagnosis = { topic: "space", state, text, ...(state !== "ok" && { advice }) };
  if (totalInodes === 0) return [space];
  const few = freeInodes < 2_000 ? "bad" : freeInodes < 50_000 ? "warn" : "ok";
  return [
    space,
    { topic: "inodes", state: few, text: `${formatCount(freeInodes, "inode")} free`, ...(few !== "ok" && { advice }) },
  ];
}

const DAY_MS = 24 * 3600 * 1000;
/** When this was written: a clock before it is wrong. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);

/** @param last time of the last record of the log, UTC @param diskMs what the filesystem says of a file made now */
export function judgeClock(nowMs: number, last: string | undefined, diskMs: number): Diagnosis {
  const text = `${new Date(nowMs).toISOString()}`;
  const advice = "Set the clock, or have it set from the network (for example by systemd-timesyncd or chrony).";
  if (nowMs < EARLIEST_MS) return { topic: "clock", state: "bad", text: `${text} cannot be right`, advice };
  const behind = last === undefined ? 0 : Date.parse(last) - nowMs;
  if (behind > 2000)
    return { topic: "clock", state: "warn", text: `${text} is before the last record of the log (${last})`, advice };
  if (Math.abs(diskMs - nowMs) > 5000) {
    const off = `${text}; the filesystem's clock differs by ${Math.round((diskMs - nowMs) / 1000)} s`;
    return { topic: "clock", state: "warn", text: off, advice: "Set the clock of the file server." };
  }
  const quiet = last !== undefined && nowMs - Date.parse(last) > 3650 * DAY_MS;
  if (quiet) return { topic: "clock", state: "warn", text: `${text} is ten years after the last record`, advice };
  return { topic: "clock", state: "ok", text };
}

/** Where a shell finds the commands of a profile. */
export interface SearchPathFacts {
  readonly directories: readonly string[];
  /** The profile's `bin`. */
  readonly profileBin: string;
  /** Commands of the profile that a directory before it has, too, with the path that is run. */
  readonly shadowed: readonly (readonly [command: string, path: string])[];
}

export function judgePath({ directories, profileBin, shadowed }: SearchPathFacts): Diagnosis {
  const advice = "Put the line that `store shellenv --help` shows for your shell last into its start file.";
  if (!directories.includes(profileBin))
    return { topic: "path", state: "warn", text: `${profileBin} is not in PATH`, advice };
  if (shadowed.length === 0) return { topic: "path", state: "ok", text: `${profileBin} comes before what it replaces` };
  const some = shadowed.slice(0, 5).map(([command, path]) => `${command} (${path})`);
  const more = shadowed.length > some.length ? ` and ${shadowed.length - some.length} more` : "";
  return { topic: "path", state: "warn", text: `other programs are run for ${some.join(", ")}${more}`, advice };
}

export function judgeLocale(env: Readonly<Record<string, string | undefined>>): Diagnosis {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  if (/utf-?8/i.test(locale)) return { topic: "locale", state: "ok", text: locale };
  const text = locale === "" ? "no locale is set" : `${locale} is not UTF-8`;
  return { topic: "locale", state: "warn", text, advice: "Set LANG to a locale with UTF-8, for example C.UTF-8." };
}
