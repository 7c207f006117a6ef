/**
 * A program that does one thing to a store and prints what came of it as JSON: `node store-driver.js '{"do": …}'`. Tests
 * bundle it to have an add or an init in a process of its own, that can be another user's or be killed.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { StoreError } from "../../src/errors.ts";
import { parsePackageName, parsePackageVersion } from "../../src/model/ids.ts";
import { commitObjects } from "../../src/store/commit-objects.ts";
import type { ImportMethod } from "../../src/store/import/import-method.ts";
import type { Width } from "../../src/store/layout.ts";
import { openLease } from "../../src/store/leases.ts";
import { openStoreAt, type Store } from "../../src/store/open-store.ts";
import { stagedTree, stageObject } from "../../src/store/stage-object.ts";
import { blockBytes, removeCounting, visitTree } from "../../src/system/disk-usage.ts";
import { acquireLock } from "../../src/system/lock.ts";
import { createTemporaryDirectory, sweepTemporaryDirectories } from "../../src/system/temporary-directory.ts";

export type Command = Common &
  (
    | { readonly do: "open"; readonly root: string; readonly width?: Width }
    | {
        readonly do: "add";
        readonly root: string;
        readonly source: string;
        readonly adopt?: boolean;
        /** Modes that paths of an adopted tree get before it is staged. */
        readonly modes?: Readonly<Record<string, number>>;
        readonly method?: ImportMethod;
      }
    | { readonly do: "sweep"; readonly root: string }
    | { readonly do: "remove-tree"; readonly path: string }
    | { readonly do: "hold-lock"; readonly path: string }
    | { readonly do: "hold-temporary"; readonly root: string }
  );

interface Common {
  readonly umask?: number;
  /**
   * The number of the step, from 0, before which the process kills itself. Steps are calls that change the disk; those
   * of an `add` count from when the store is open.
   */
  readonly killAt?: number;
}

export interface Outcome {
  readonly result?: unknown;
  readonly error?: {
    readonly code?: string;
    readonly message: string;
    readonly hint?: string;
    readonly stack?: string;
  };
  /** How many calls changed the disk. */
  readonly steps: number;
}

/** Calls that change the disk, as they are counted. */
interface Steps {
  count: number;
  killAt: number;
}

async function run(command: Command, steps: Steps): Promise<unknown> {
  if (command.do !== "add") arm(steps, command);
  switch (command.do) {
    case "open":
      return (await open(command.root, command.width)).file;
    case "add": {
      const store = await open(command.root);
      arm(steps, command);
      return add(store, command);
    }
    case "sweep":
      return sweepTemporaryDirectories((await open(command.root)).layout.temporary, now);
    case "remove-tree": {
      const [seen, freed] = [
        { bytes: 0, inodes: 0 },
        { bytes: 0, inodes: 0 },
      ];
      visitTree(command.path, (status) => {
        seen.bytes += blockBytes(status);
        seen.inodes += 1;
      });
      const modes = fs.readdirSync(command.path).map((name) => fs.statSync(`${command.path}/${name}`).mode & 0o777);
      removeCounting(command.path, freed);
      return { seen, freed, modes, isGone: !fs.existsSync(command.path) };
    }
    case "hold-lock": {
      using _lock = await acquireLock(command.path, { command: "driver holding", now, wait: false });
      return await holding({ held: command.path });
    }
    case "hold-temporary": {
      using temporary = createTemporaryDirectory((await open(command.root)).layout.temporary, "driver", now);
      fs.writeFileSync(`${temporary.path}/file`, "");
      return await holding({ path: temporary.path });
    }
  }
}

async function open(root: string, width?: Width): Promise<Store> {
  const context = { now, timeZone: "UTC", command: ["driver"], user: "driver", wait: true, env: {} };
  return openStoreAt({ root, context, ...(width && { width }) });
}

async function add(store: Store, { source, method, adopt, modes = {} }: Command & { do: "add" }): Promise<unknown> {
  using temporary = createTemporaryDirectory(store.layout.temporary, "driver", now);
  if (adopt) execFileSync("cp", ["-a", source, stagedTree(temporary)]);
  for (const [path, mode] of Object.entries(modes)) fs.chmodSync(`${stagedTree(temporary)}/${path}`, mode);
  using lease = openLease(store);
  const staged = await stageObject(store, {
    lease,
    name: parsePackageName("demo"),
    version: parsePackageVersion("1.0"),
    origin: { kind: "directory" },
    temporary,
    method,
    ...(adopt !== true && { source }),
  });
  await commitObjects(store, [staged]);
  return { path: staged.manifest.path, reused: staged.reused };
}

function now(): Date {
  return new Date(Date.UTC(2026, 0, 1));
}

/** Prints what is held and stays until somebody ends the process. */
function holding(result: unknown): Promise<never> {
  report({ result, steps: 0 });
  setInterval(() => undefined, 1000);
  return new Promise(() => undefined);
}

function report(outcome: Outcome): void {
  fs.writeSync(1, `${JSON.stringify(outcome)}\n`);
}

function errorOf(error: unknown): Required<Outcome>["error"] {
  const { message, stack = "" } = error as Error;
  if (!(error instanceof StoreError)) return { message, stack };
  return { code: error.code, message, ...(error.hint !== undefined && { hint: error.hint }) };
}

function arm(steps: Steps, { killAt = Number.POSITIVE_INFINITY }: Command): void {
  steps.count = 0;
  steps.killAt = killAt;
}

/** Counts every such call from here on, of whatever imports it. */
function countSteps(steps: Steps): void {
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CHANGES) {
    const original = functions[name] as (...args: unknown[]) => unknown;
    functions[name] = (...args) => {
      if (steps.count === steps.killAt) process.kill(process.pid, "SIGKILL");
      steps.count += 1;
      return original(...args);
    };
  }
  syncBuiltinESMExports();
}

const CHANGES: readonly string[] = [
  ...["openSync", "writeSync", "renameSync", "linkSync", "mkdirSync", "symlinkSync", "rmSync", "copyFileSync"],
  ...["chmodSync", "fchmodSync", "utimesSync", "futimesSync", "lutimesSync", "fsyncSync", "ftruncateSync"],
];

const command = JSON.parse(process.argv[2] as string) as Command;
if (command.umask !== undefined) process.umask(command.umask);
const steps: Steps = { count: 0, killAt: Number.POSITIVE_INFINITY };
countSteps(steps);
const end = await run(command, steps).then(
  (result) => ({ result }),
  (error) => ({ error: errorOf(error) }),
);
steps.killAt = Number.POSITIVE_INFINITY;
report({ ...end, steps: steps.count });
