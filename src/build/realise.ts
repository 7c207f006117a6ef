import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import type { BuildRecord } from "../model/build-record.ts";
import type { DerivationKey } from "../model/derivation.ts";
import { findBuild, listBuilds, writeBuild } from "../store/builds.ts";
import { commitObjects } from "../store/commit-objects.ts";
import { failedTreePath, forgetFailedBuild, noteFailedBuild } from "../store/failed-builds.ts";
import { lockPath } from "../store/layout.ts";
import type { Store } from "../store/open-store.ts";
import { acquireLock, tellHeldLock } from "../system/lock.ts";
import { removeTree } from "../system/remove-tree.ts";
import { isOutOfSpace } from "./build-failure.ts";
import type { BuildGraph, PlannedPackage } from "./build-plan.ts";
import { type KnownOutputs, noOutputs, noteOutput, type PreparedBuild, prepareBuild } from "./prepare-build.ts";
import type { Realised, RealiseOptions } from "./realise-options.ts";
import { runPrepared } from "./run-prepared.ts";

/**
 * Makes every package of a graph be in the store, each after its dependencies, several at once as far as there are job
 * slots. Inputs are named by content: a package whose inputs came out as before has the key it had, and is not built.
 */
export async function realise(store: Store, graph: BuildGraph, options: RealiseOptions): Promise<readonly Realised[]> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const results = new Map<string, Promise<Realised>>();
  const run: Run = {
    store,
    options: { ...options, signal },
    stop: stop.signal,
    results,
    known: noOutputs(),
    begun: new Set(),
    tellExpected: once(() => tellExpected(store, graph, options)),
  };
  options.onEvent({ kind: "planned", ids: [...graph.packages.keys()] });
  for (const planned of graph.packages.values()) {
    const result = realiseOne(run, planned).then((realised) => {
      if (realised.state !== "interrupted" || run.begun.has(realised.id))
        options.onEvent({ kind: "finished", result: realised });
      if (realised.state === "failed" && !options.keepGoing)
        stop.abort(new StoreError("INTERRUPTED", `${realised.id} failed`, { details: { failed: realised.id } }));
      return realised;
    });
    results.set(planned.id, result);
  }
  const realised = await Promise.all(results.values());
  options.signal?.throwIfAborted();
  return realised;
}

interface Run {
  readonly store: Store;
  readonly options: RealiseOptions;
  /** Aborted when a package failed and the others shall not go on. */
  readonly stop: AbortSignal;
  readonly results: ReadonlyMap<string, Promise<Realised>>;
  readonly known: KnownOutputs;
  /** Ids of the packages whose builds began. */
  readonly begun: Set<string>;
  readonly tellExpected: () => void;
}

async function realiseOne(run: Run, planned: PlannedPackage): Promise<Realised> {
  const { id } = planned;
  const needed = await Promise.all(planned.dependencies.map((each) => run.results.get(each.id) as Promise<Realised>));
  const failed = needed.find(({ state }) => state === "failed" || state === "skipped");
  if (needed.some(({ state }) => state === "interrupted")) return { id, state: "interrupted" };
  if (failed) return { id, state: "skipped", because: failed.state === "skipped" ? failed.because : failed.id };
  try {
    run.options.signal?.throwIfAborted();
    const { prepare, host } = run.options;
    const prepared =
      prepare?.(planned, host) ?? (await prepareBuild(run.store, planned, { ...run.options, known: run.known }));
    const record = (await usable(run, prepared.key)) ?? (await build(run, planned, prepared));
    const state = record.built ? "built" : "reused";
    noteOutput(run.known, planned, prepared, record.record.output);
    return { id, state, key: prepared.key, record: record.record };
  } catch (error) {
    // What another failure put an end to has not failed itself.
    if (error === run.stop.reason) return { id, state: "skipped", because: String(run.stop.reason.details.failed) };
    if (run.options.signal?.aborted && error === run.options.signal.reason) return { id, state: "interrupted" };
    return { id, state: "failed", error };
  }
}

interface Outcome {
  readonly record: BuildRecord;
  readonly built: boolean;
}

async function usable({ store, options }: Run, key: DerivationKey): Promise<Outcome | undefined> {
  const record = findBuild(store, key);
  if (!record || (!record.sandboxed && options.requireSandboxed)) return undefined;
  const valid = await options.lease.hold([record.output], options.signal);
  return valid.has(record.output) ? { record, built: false } : undefined;
}

/** Builds under a lock of the key, so that two processes that want the same thing build it once. */
async function build(run: Run, planned: PlannedPackage, prepared: PreparedBuild): Promise<Outcome> {
  const { store, options } = run;
  const { command, now } = store.context;
  const { id } = planned;
  using lock = await acquireLock(lockPath(store.layout, `build-${prepared.key.slice(0, 32)}`), {
    command: command.join(" "),
    now,
    wait: store.context.wait,
    vanishes: true,
    signal: options.signal,
    env: store.context.env,
    hintWhenAbove: `A build cannot wait for its own output: take the call out of the phases of ${id}.`,
    onWait: () => options.onEvent({ kind: "waiting", id }),
  });
  const done = await usable(run, prepared.key);
  if (done) return done;
  using _slot = await options.jobserver.acquire(options.signal);
  run.tellExpected();
  run.begun.add(id);
  options.onEvent({ kind: "started", id, key: prepared.key });
  const held = tellHeldLock(store.context.env, lock);
  const holding = { ...run, options: { ...options, held } };
  return { record: await buildWithRoom(holding, planned, prepared), built: true };
}

/** From its beginning: what a phase had made when the disk was full cannot be gone on with. */
async function buildWithRoom(run: Run, planned: PlannedPackage, prepared: PreparedBuild): Promise<BuildRecord> {
  try {
    return await buildNow(run, planned, prepared);
  } catch (error) {
    if (!isOutOfSpace(error) || !(await run.options.freeRoom?.())) throw error;
    const message = "the disk was full, and has room again: it is built once more";
    run.options.onEvent({ kind: "warning", id: planned.id, message });
    return await buildNow(run, planned, prepared);
  }
}

async function buildNow(run: Run, planned: PlannedPackage, prepared: PreparedBuild): Promise<BuildRecord> {
  const { store, options } = run;
  const room = options.places.room().path;
  try {
    const { staged, record } = await runPrepared(store, planned, prepared, { ...options, room });
    await commitObjects(store, [staged], options.signal);
    writeBuild(store, record, room);
    forgetFailedBuild(store, prepared.key);
    return record;
  } catch (error) {
    noteFailure(run, { error, planned, key: prepared.key, room });
    if (options.keepFailed && error instanceof StoreError && error.code === "BUILD_FAILED")
      keep(store, room, prepared.key);
    else if (isOutOfSpace(error)) removeTree(room);
    throw error;
  }
}

interface Failure {
  readonly error: unknown;
  readonly planned: PlannedPackage;
  readonly key: DerivationKey;
  readonly room: string;
}

/** Notes which build the log is of that is there now: of one that failed, or that was ended before it could. */
function noteFailure({ store, options }: Run, { error, planned: { id, name }, key, room }: Failure): void {
  const interrupted = options.signal?.aborted === true && error === options.signal.reason;
  const failed = error instanceof StoreError && error.code === "BUILD_FAILED";
  if (!interrupted && !failed) return;
  const phase = failed && typeof error.details.phase === "string" ? error.details.phase : undefined;
  noteFailedBuild(store, { key, name, id, phase, time: store.context.now().getTime(), interrupted }, room);
}

function keep(store: Store, room: string, key: DerivationKey): void {
  const path = failedTreePath(store, key);
  mkdirSync(join(path, ".."), { recursive: true });
  removeTree(path);
  removeTree(path);
  renameSync(room, path);
}

/** Reading all records of builds is only worth it when something is built. */
function tellExpected(store: Store, graph: BuildGraph, options: RealiseOptions): void {
  const builds = listBuilds(store);
  const seconds: Record<string, number> = {};
  for (const { id, name } of graph.packages.values()) {
    const last = builds.find(({ derivation }) => derivation.name === name);
    if (last) seconds[id] = last.seconds;
  }
  options.onEvent({ kind: "expected", seconds });
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
