import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { BuildRecord } from "../model/build-record.ts";
import type { Derivation, DerivationKey } from "../model/derivation.ts";
import { type BaseName, baseNameOf, ZERO_DIGEST } from "../model/ids.ts";
import { dependencyVariable } from "../model/recipe/names.ts";
import type { Phase } from "../model/recipe.ts";
import { buildLogPath } from "../store/builds.ts";
import type { Store } from "../store/open-store.ts";
import { type StagedObject, stagedTree, stageObject } from "../store/stage-object.ts";
import type { ProcessResult } from "../system/process.ts";
import { buildFailure } from "./build-failure.ts";
import { startBuildLog } from "./build-log.ts";
import type { PlannedPackage } from "./build-plan.ts";
import { type BuildRoom, makeBuildRoom, writeScripts } from "./build-room.ts";
import type { BuildSource } from "./build-sources.ts";
import { checkReferences } from "./check-references.ts";
import { writeDebugSpec } from "./debug-spec.ts";
import { filledPhases } from "./derive.ts";
import { finishOutput, refuseHiddenMentions } from "./finish-output.ts";
import { inputEnvironment, joinEnvironments, type SeenInput } from "./input-environment.ts";
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
  readonly keepFailed: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly onPhase: (phase: Phase) => void;
  readonly onLine: (line: string) => void;
  readonly onWarning: (message: string) => void;
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
  const log = startBuildLog(join(room.path, "log"));
  const clock = createPhaseClock(job.onPhase);
  const mark = `@store-${job.key.slice(0, 16)}`;
  writeScripts(room, { phases: filledPhases(job.planned, place.paths), seen: place.scripts, mark });
  let failing: string | undefined;
  const reader = createMarkReader(mark, {
    phase: clock.begin,
    failing: (command) => {
      failing ??= command;
    },
    line: (line) => {
      log.write(line);
      job.onLine(line);
    },
  });
  const environment = buildEnvironment(job, place);
  let result: ProcessResult;
  try {
    result = await runPhases(place, environment, { ...job, onOutput: reader.push });
  } finally {
    reader.end();
    log.close(buildLogPath(store, job.key));
  }
  job.signal?.throwIfAborted();
  if (result.exitCode !== 0 || result.reason !== "exited" || !existsSync(place.output)) {
    const phase = clock.current();
    if (job.keepFailed) writeDebugSpec(place, { phase, environment });
    throw buildFailure(store, { job, result, log, phase, failing, installed: existsSync(place.output) });
  }
  const staged = await stageOutput(store, job, { room, place });
  const seconds = (performance.now() - begun) / 1000;
  const record: BuildRecord = {
    key: job.key,
    output: staged.manifest.path,
    derivation: job.derivation,
    started: started.toISOString(),
    seconds: Math.round(seconds * 1000) / 1000,
    phases: clock.end(),
    peakMemoryBytes: result.peakMemoryBytes,
    sandboxed: place.sandboxed,
    unknown: {},
  };
  return { staged, record };
}

function buildEnvironment(job: BuildJob, place: BuildPlace): Record<string, string> {
  const inputs = job.inputs.map((input): SeenInput => ({ ...input, ...place.input(input.path) }));
  const recipe = Object.fromEntries(
    Object.entries(job.planned.recipe.env).map(([name, text]) => [name, place.fill(text)]),
  );
  const own = Object.fromEntries(inputs.map(({ name, seen }) => [dependencyVariable(name), seen]));
  const { name, version } = job.derivation;
  const fixed = { out: place.paths.out, src: place.source, name, version, jobs: String(job.jobs), ...own };
  return { ...joinEnvironments(inputEnvironment(inputs, place.paths.out), place.environment, recipe), ...fixed };
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
  const hidden = await finishOutput(place.output, { patterns, scratch: room.scratch });
  if (job.derivation.addressing === "content") refuseHiddenMentions(job.planned.id, hidden);
  renameSync(place.output, stagedTree(room));
  const staged = await stageObject(store, {
    name,
    version,
    origin: { kind: "build", key: job.key, sandboxed: place.sandboxed, recipe: job.planned.id },
    temporary: room,
    metadata: { options: job.derivation.options, ...job.metadata },
    signal: job.signal,
    ...(place.selfName !== zero && { selfName: place.selfName }),
    ...(job.derivation.addressing === "input" && { baseName: place.selfName as BaseName }),
  });
  await checkReferences(staged, job, { ...place, store });
  return staged;
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
