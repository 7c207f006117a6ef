/**
 * A program that does things to a store, one after the other, and prints what came of each as one line of JSON:
 * `node change.js '{"root": …, "steps": [{"do": "install", "from": [ … ]}]}'`. Tests bundle it to have changes made by a
 * process of its own, that can be killed, wait, or run beside others.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../../../src/errors.ts";
import { parseProfileName } from "../../../src/model/ids.ts";
import { openStore } from "../../../src/operations/open-store.ts";
import type { RunOptions } from "../../../src/operations/run-options.ts";
import type { Store } from "../../../src/store/open-store.ts";

export type Step =
  | { readonly do: "install"; readonly from: readonly string[]; readonly priority?: number }
  | { readonly do: "remove" | "upgrade"; readonly names: readonly string[] }
  | { readonly do: "switch"; readonly selector: string; readonly journal?: string }
  | { readonly do: "rollback"; readonly count?: number }
  | { readonly do: "pin" | "unpin"; readonly selector?: string }
  /** Reads everything and repairs what is damaged. */
  | { readonly do: "repair" }
  | { readonly do: "gc"; readonly dryRun?: boolean }
  | { readonly do: "delete-generations"; readonly patterns: readonly string[] }
  /** Takes the profile's lock, says so, and keeps it. */
  | { readonly do: "hold" }
  /** Opens the index and compares all its answers with those of the manifests. */
  | { readonly do: "index" }
  /** Goes on when there is a file of this name. */
  | { readonly do: "wait-for"; readonly file: string };

export interface Command {
  readonly root: string;
  readonly profile?: string;
  readonly steps: readonly Step[];
  /** What the log and those who wait are told; after `store`. */
  readonly command?: readonly string[];
  readonly wait?: boolean;
  /**
   * The number of the call that changes the disk, from 1, before which the process kills itself; 0 for none. Flushes do
   * not count: a killed process leaves the same behind before and after one.
   */
  readonly killAt?: number;
  /**
   * A directory that gets a copy of the store, named by the number of the call, as it is before each such call: what a
   * process that is killed there leaves behind.
   */
  readonly moments?: string;
  /** A file to make, and one to wait for, between the preparation of an install and the lock. */
  readonly pauseAt?: { readonly prepared: string; readonly resume: string };
}

export interface Outcome {
  readonly result?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
  /** How many calls changed the disk so far. */
  readonly calls: number;
}

const CHANGES: readonly string[] = [
  ...["writeSync", "renameSync", "linkSync", "symlinkSync", "mkdirSync", "mkdtempSync", "rmSync", "rmdirSync"],
  ...["unlinkSync", "writeFileSync", "copyFileSync", "chmodSync", "fchmodSync", "utimesSync", "futimesSync"],
  ...["lutimesSync", "ftruncateSync", "truncateSync"],
];

const command = JSON.parse(process.argv[2] as string) as Command;
const counter = { calls: 0, killAt: command.killAt ?? 0, isKept: false };

function countCalls(): void {
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const count = (name: string, isChange: (...args: unknown[]) => boolean) => {
    const original = functions[name] as (...args: unknown[]) => unknown;
    functions[name] = (...args) => {
      if (isChange(...args)) {
        counter.calls += 1;
        if (counter.calls === counter.killAt) process.kill(process.pid, "SIGKILL");
        if (counter.isKept) execFileSync("cp", ["-a", command.root, join(command.moments ?? "", `${counter.calls}`)]);
      }
      return original(...args);
    };
  };
  // What goes to standard output changes nothing on disk.
  for (const name of CHANGES) count(name, (first) => name !== "writeSync" || first !== 1);
  count("openSync", (_path, flags) => flags !== undefined && flags !== "r" && flags !== fs.constants.O_RDONLY);
  syncBuiltinESMExports();
}

function report(outcome: Omit<Outcome, "calls">): void {
  fs.writeSync(1, `${JSON.stringify({ ...outcome, calls: counter.calls })}\n`);
}

/** Loads no more than a step needs: tests start this program hundreds of times. */
async function carryOut(store: Store, step: Step, run: RunOptions): Promise<unknown> {
  const profile = parseProfileName(command.profile ?? "default");
  switch (step.do) {
    case "install": {
      const { install } = await import("../../../src/operations/profiles/install.ts");
      const packages = step.from.map((from) => ({ from, cwd: "/" }));
      return install(store, { profile, packages, priority: step.priority }, run);
    }
    case "remove":
      return (await import("../../../src/operations/profiles/remove.ts")).remove(
        store,
        { profile, names: step.names },
        run,
      );
    case "upgrade": {
      const { upgrade } = await import("../../../src/operations/profiles/upgrade.ts");
      return upgrade(store, { profile, names: step.names, input: { cwd: "/" } }, run);
    }
    case "switch": {
      const { switchGeneration } = await import("../../../src/operations/profiles/switch.ts");
      return switchGeneration(store, profile, { selector: step.selector }, { ...run, trackingJournal: step.journal });
    }
    case "rollback": {
      const { rollback } = await import("../../../src/operations/profiles/switch.ts");
      return rollback(store, profile, { steps: step.count ?? 1 }, run);
    }
    case "pin":
    case "unpin": {
      const { pin } = await import("../../../src/operations/profiles/pin.ts");
      return pin(store, profile, { pinned: step.do === "pin", selector: step.selector }, run);
    }
    case "repair": {
      const { repair } = await import("../../../src/operations/upkeep/repair.ts");
      const { damaged } = await repair(store, { profile, cwd: "/", contents: true }, run);
      return damaged.length;
    }
    case "gc": {
      const { gc } = await import("../../../src/operations/collection/gc.ts");
      return gc(store, { dryRun: step.dryRun }, run);
    }
    case "delete-generations": {
      const { deleteGenerations } = await import("../../../src/operations/profiles/delete-generations.ts");
      return deleteGenerations(store, profile, { patterns: step.patterns }, run);
    }
    case "hold": {
      const { lockProfile } = await import("../../../src/operations/profiles/lock-profile.ts");
      using _lock = await lockProfile(store, profile, run);
      report({ result: "held" });
      return await sleep(600_000);
    }
    case "index":
      return compareIndex(store);
    case "wait-for":
      return waitFor(step.file);
  }
}

async function compareIndex(store: Store): Promise<unknown> {
  const { openMemoryIndex } = await import("../../../src/store/index/memory-index.ts");
  const { openIndex } = await import("../../../src/store/index/open-index.ts");
  const memory = openMemoryIndex(store);
  await using index = await openIndex(store);
  const names = [...memory.names()];
  const equal = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
  return {
    names: equal([...index.names()], names),
    entries: names.every((name) => equal(index.get(name), memory.get(name))),
    referrers: names.every((name) => equal(index.referrers(name), memory.referrers(name))),
  };
}

async function waitFor(file: string): Promise<void> {
  while (!fs.existsSync(file)) await sleep(5);
}

/** Where an install has prepared everything it makes its first step towards the lock: told by the event of the commit. */
function pausing({ pauseAt }: Command): RunOptions {
  if (!pauseAt) return {};
  return {
    onEvent(event) {
      if (event.kind !== "step" || event.step !== "commit") return;
      fs.writeFileSync(pauseAt.prepared, "");
      // The event is told synchronously: so is the wait.
      while (!fs.existsSync(pauseAt.resume)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    },
  };
}

countCalls();
const store = await openStore({
  root: command.root,
  command: ["store", ...(command.command ?? ["driver"])],
  env: {},
  timeZone: "UTC",
  wait: command.wait ?? true,
});
counter.calls = 0;
counter.isKept = command.moments !== undefined;
for (const step of command.steps) {
  try {
    report({ result: await carryOut(store, step, pausing(command)) });
  } catch (error) {
    const { message } = error as Error;
    report({ error: { ...(error instanceof StoreError && { code: error.code }), message } });
  }
}
process.exit(0);
