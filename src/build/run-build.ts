import { lstatSync, renameSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import type { BuildRecord } from "../model/build-record.ts";
import type { Derivation, DerivationKey } from "../model/derivation.ts";
import { type BaseName, baseNameOf, ZERO_DIGEST } from "../model/ids.ts";
import type { Phase } from "../model/recipe.ts";
import { buildLogPath } from "../store/builds.ts";
import type { Lease } from "../store/leases.ts";
import type { Store } from "../store/open-store.ts";
import { holdReferences } from "../store/references.ts";
import { type StagedObject, stagedTree, stageObject } from "../store/stage-object.ts";
import type { ProcessResult } from "../system/process.ts";
import { removeTree } from "../system/remove-tree.ts";
import { buildEnvironment } from "./build-environment.ts";
import { buildFailure } from "./build-failure.ts";
import { startBuildLog } from "./build-log.ts";
import type { PlannedPackage } from "./build-plan.ts";
import { type BuildRoom, makeBuildRoom, writeScripts } from "./build-room.ts";
import type { BuildSource } from "./build-sources.ts";
import { checkReferences } from "./check-references.ts";
import { keptOutput, writeDebugSpec } from "./debug-spec.ts";
import { filledPhases } from "./derive.ts";
import { finishOutput, type HiddenMention, makeFilesOwn, refuseHiddenMentions } from "./finish-output.ts";
import type { SeenInput } from "./input-environment.ts";
import { createMarkReader } from "./phase-script.ts";
import { type BuildPlace, placeOf, type RunnerOptions, runPhases } from "./run-phases.ts";

export interface BuildJob extends RunnerOptions {
  readonly planned: PlannedPackage;
  readonly derivation: Derivation;
  readonly key: DerivationKey;
  readonly sources: readonly BuildSource[];
  /** Everything that the build sees of the store. */
  readonly visible: readonly BaseName[];
  readonly inputs: readonly {
    readonly kinds: SeenInput["kinds"];
    readonly name: SeenInput["name"];
    readonly path: BaseName;
  }[];
  /** A private directory for this build. */
  readonly room: string;
  readonly lease: Lease;
  readonly keepFailed: boolean;
  /** The output is only looked at: its name follows from its content, whatever the recipe says. */
  readonly forComparison?: boolean;
  /** Take the place of an output that is damaged. */
  readonly replace?: boolean;
  /** Further fields for the metadata in the manifest. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly onPhase: (phase: Phase) => void;
  readonly onLine: (line: string) => void;
  readonly onWarning: (message: string) => void;
  readonly onNote: (message: string, hint: string) => void;
}

export interface BuildResult {
  readonly staged: StagedObject;
  readonly record: BuildRecord;
}

/**
 * Carries out one build: sources, phases, output. Nothing in the store changes but the log that is kept.
 * @throws StoreError BUILD_FAILED, INTEGRITY, NETWORK, LIMIT
 */
export async function runBuild(store: Store, job: BuildJob): Promise<BuildResult> {
  const started = store.context.now();
  const begun = performance.now();
  const room = makeBuildRoom(job.room);
  for (const source of job.sources) await source.place(room.source);
  const place = placeOf(store, room, job);
  const environment = buildEnvironment(job, place);
  const clock = createPhaseClock(job.onPhase);
  await claimOutput(job, place);
  try {
    const result = await runLogged(store, job, { place, environment, clock });
    const staged = await stageOutput(store, job, { room, place });
    const seconds = Math.round(performance.now() - begun) / 1000;
    const { key, derivation } = job;
    const { peakMemoryBytes } = result;
    const made = { key, output: staged.manifest.path, derivation, started: started.toISOString(), seconds };
    const record = { ...made, phases: clock.end(), peakMemoryBytes, sandboxed: place.sandboxed, unknown: {} };
    return { staged, record };
  } catch (error) {
    if (job.keepFailed && error instanceof StoreError && error.code === "BUILD_FAILED") {
      takeBackOutput(place);
      writeDebugSpec(place, { phase: clock.current(), recipe: job.planned.recipe, environment });
    }
    throw error;
  } finally {
    releaseOutput(job, place);
  }
}

/**
 * Without a sandbox the output is made in the storeDir itself: what a killed build left there goes first.
 * @throws StoreError UNSUPPORTED when the object is there, and a build would write into it
 */
async function claimOutput(
  { planned, derivation, lease, signal }: BuildJob,
  { output, sandboxed, selfName }: BuildPlace,
): Promise<void> {
  if (sandboxed) return;
  const self = selfName as BaseName;
  // A collection would take the unfinished output for what a killed process left.
  const valid = await lease.hold([self], signal);
  if (derivation.addressing === "input" && valid.has(self)) {
    throw new StoreError("UNSUPPORTED", `${planned.id} cannot be built again without a sandbox`, {
      hint: "It is named by its derivation, and lies where the second build would write. Install bubblewrap.",
    });
  }
  removeTree(output);
}

/** An output that was staged before it was refused lies again where the phases made it, without links into the pool. */
function takeBackOutput({ room, output }: BuildPlace): void {
  const staged = stagedTree(room);
  if (lstatSync(staged, { throwIfNoEntry: false }) === undefined) return;
  makeFilesOwn(staged, room.scratch);
  renameSync(staged, output);
}

/** What a failed build leaves in the storeDir is moved to its room when that is kept, and removed otherwise. */
function releaseOutput({ keepFailed }: BuildJob, { output, sandboxed, room, selfName }: BuildPlace): void {
  if (sandboxed || lstatSync(output, { throwIfNoEntry: false }) === undefined) return;
  if (keepFailed) renameSync(output, keptOutput({ room, selfName }));
  else removeTree(output);
}

interface Running {
  readonly place: BuildPlace;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: ReturnType<typeof createPhaseClock>;
}

/** Runs the phases; returns when they made an output, and throws when they did not. */
async function runLogged(store: Store, job: BuildJob, running: Running): Promise<ProcessResult> {
  const { place, environment, clock } = running;
  const { room } = place;
  const log = startBuildLog(join(room.path, "log"));
  const mark = `@store-${job.key.slice(0, 16)}`;
  const phases = filledPhases(job.planned, place.paths);
  writeScripts(room, { phases, seen: place.scripts, mark });
  let failing: string | undefined;
  const reader = createMarkReader(mark, {
    phase(phase) {
      failing = undefined;
      clock.begin(phase);
    },
    failing(command) {
      failing ??= command;
    },
    line(line) {
      log.write(line);
      job.onLine(line);
    },
  });
  let result: ProcessResult;
  try {
    result = await runPhases(place, environment, { ...job, phases, onOutput: reader.push });
  } finally {
    reader.end();
    log.close(buildLogPath(store, job.key));
  }
  job.signal?.throwIfAborted();
  const output = lstatSync(place.output, { throwIfNoEntry: false });
  if (result.exitCode === 0 && result.reason === "exited" && output?.isDirectory()) return result;
  const made = output === undefined ? "nothing" : output.isDirectory() ? "directory" : "no directory";
  throw buildFailure(store, { job, result, log, phase: clock.current(), failing, made });
}

async function stageOutput(
  store: Store,
  job: BuildJob,
  { room, place }: { room: BuildRoom; place: BuildPlace },
): Promise<StagedObject> {
  const { name, version } = job.derivation;
  const { layout } = store;
  const zero = baseNameOf(ZERO_DIGEST, name, version);
  const patterns = [layout.canonicalStoreDir, layout.storeDir, zero, place.selfName].map((text) => Buffer.from(text));
  const refuse = (error: unknown): never => {
    throw unusableOutput(job, error, [place.output, stagedTree(room)]);
  };
  const hidden = await finishOutput(place.output, { patterns, scratch: room.scratch }).catch(refuse);
  if (job.derivation.addressing === "content") refuseHiddenMentions(job.planned.id, hidden);
  renameSync(place.output, stagedTree(room));
  const isNamedByKey = job.derivation.addressing === "input";
  const staged = await stageObject(store, {
    name,
    version,
    origin: { kind: "build", key: job.key, sandboxed: place.sandboxed, recipe: job.planned.id },
    temporary: room,
    lease: job.lease,
    metadata: describe(job),
    replace: job.replace,
    signal: job.signal,
    ...(place.selfName !== zero && { selfName: place.selfName }),
    ...(isNamedByKey && !job.forComparison && { baseName: place.selfName as BaseName }),
  }).catch(refuse);
  const whole = await withReferences(store, staged, { ...job, hidden: isNamedByKey ? hidden : [] });
  await checkReferences(whole, job, { ...place, store });
  return whole;
}

/** What the manifest tells of the package beside its content: what the recipe says, and what the command adds. */
function describe({ planned: { recipe }, derivation, metadata: defined }: BuildJob): Readonly<Record<string, unknown>> {
  const { summary, license, homepage } = recipe;
  const metadata = { ...recipe.metadata, ...defined };
  return {
    options: derivation.options,
    ...(summary !== undefined && { summary }),
    ...(license !== undefined && { license }),
    ...(homepage !== undefined && { homepage }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** What stands inside compressed files keeps objects alive, too. */
async function withReferences(
  store: Store,
  staged: StagedObject,
  { hidden, lease, signal }: Pick<BuildJob, "lease" | "signal"> & { readonly hidden: readonly HiddenMention[] },
): Promise<StagedObject> {
  const { manifest } = staged;
  const texts = hidden.flatMap(({ baseNames }) => [...baseNames]);
  const inside = (await holdReferences(store, texts, { lease, signal })).filter((path) => path !== manifest.path);
  const references = [...new Set([...manifest.references, ...inside])].sort();
  return { ...staged, manifest: { ...manifest, references } };
}

/** `places` are those where the output lay: it is called as the recipe calls it. */
function unusableOutput({ planned }: BuildJob, error: unknown, places: readonly string[]): unknown {
  if (!(error instanceof StoreError) || error.code !== "INVALID_INPUT") return error;
  const reason = places.reduce((text, path) => text.replaceAll(path, () => "$out"), error.message);
  const message = `${planned.id} installed what cannot be stored: ${reason}`;
  const details = { ...error.details, package: planned.id };
  return new StoreError("BUILD_FAILED", message, { ...(error.hint && { hint: error.hint }), details, cause: error });
}

/** Seconds of each phase, by the marks in the output. */
function createPhaseClock(tell: (phase: Phase) => void) {
  const seconds: Record<string, number> = {};
  let phase: Phase | undefined;
  let since = performance.now();
  const finish = (): void => {
    if (phase !== undefined) seconds[phase] = Math.round(performance.now() - since) / 1000;
  };
  return {
    begin(next: Phase): void {
      finish();
      phase = next;
      since = performance.now();
      tell(next);
    },
    current: () => phase,
    end(): Readonly<Record<string, number>> {
      finish();
      return seconds;
    },
  };
}
