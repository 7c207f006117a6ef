import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { type CommandLine, type Ended, runKept } from "./keep-store-process.ts";
import { makeWorld, type TreeData, type World, type WorldOptions } from "./worlds.ts";

export const PROGRAM = fileURLToPath(new URL("../../bin/store", import.meta.url));

export interface StoreRun {
  /** Exit status; for a signal 128 and its number, as shells count. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What stdout says as JSON, taken for a `T`. Throws when it is no JSON. */
  json<T = unknown>(): T;
}

export interface RunStoreOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A temporary home with a store that the real program works on. */
export interface StoreWorld extends World {
  /** The root of the store, which does not exist yet. */
  readonly root: string;
  /** What the program sees of the environment. */
  readonly env: NodeJS.ProcessEnv;
  run(args: readonly string[], options?: RunStoreOptions): StoreRun;
  /** Fails the test unless the exit status is 0. */
  done(...args: readonly string[]): StoreRun;
  start(args: readonly string[], options?: RunStoreOptions): ChildProcessByStdio<null, Readable, Readable>;
  /** Writes a directory to install from; its name is the package's name and version. */
  source(nameAndVersion: string, tree: TreeData): string;
}

export function makeStoreWorld(options: WorldOptions = {}): StoreWorld {
  const world = makeWorld(options);
  const root = join(world.directory, "s");
  const home = join(world.directory, "home");
  mkdirSync(home, { recursive: true });
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: home, LANG: "C.UTF-8", TZ: "UTC", STORE_ROOT: root };
  const optionsFor = (options: RunStoreOptions) => ({
    cwd: options.cwd ?? world.directory,
    env: { ...env, ...options.env },
  });
  const run: StoreWorld["run"] = (args, options = {}) => runStore(args, optionsFor(options));
  return {
    ...world,
    root,
    env,
    run,
    done(...args) {
      const result = run(args);
      if (result.status !== 0) throw new Error(`store ${args.join(" ")} ended with ${result.status}: ${result.stderr}`);
      return result;
    },
    start: (args, options = {}) =>
      spawn(process.execPath, [PROGRAM, ...args], { ...optionsFor(options), stdio: ["ignore", "pipe", "pipe"] }),
    source: (nameAndVersion, tree) => world.tree(tree, join(world.directory, nameAndVersion)),
  };
}

/** Runs the program and waits for its end. */
function runStore(argv: readonly string[], options: Omit<CommandLine, "argv">): StoreRun {
  const { status, stdout, stderr } = isOrdinary(argv) ? runKept({ argv, ...options }) : runReal(argv, options);
  return { status, stdout, stderr, json: <T>() => JSON.parse(stdout) as T };
}

/** Commands of each test file that a process of their own has carried out. */
const carriedOut = new Map<string, Set<string>>();

/**
 * Whether a process that has carried out other command lines before can do this one. In each test file the first one of
 * every command is done by bin/store itself, and so are all of those that run other programs.
 */
function isOrdinary(argv: readonly string[]): boolean {
  const file = expect.getState().testPath ?? "";
  const known = carriedOut.get(file) ?? new Set();
  carriedOut.set(file, known);
  const command = argv.find((word) => !word.startsWith("-")) ?? "";
  const isFirst = !known.has(command);
  known.add(command);
  return !isFirst && process.platform === "linux" && !RUNNERS.has(command);
}

const RUNNERS: ReadonlySet<string> = new Set(["run", "try", "bisect", "compare"]);

function runReal(argv: readonly string[], options: Omit<CommandLine, "argv">): Ended {
  const result = spawnSync(process.execPath, [PROGRAM, ...argv], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
  });
  if (result.error) throw result.error;
  return {
    status: result.status ?? 128 + constants.signals[result.signal as NodeJS.Signals],
    stdout: result.stdout.toString(),
    stderr: result.stderr.toString(),
  };
}
