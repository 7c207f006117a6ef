import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import { type BaseName, isBaseName } from "../../model/ids.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { readIfWhole } from "../index/index-entry.ts";
import { lockObjects } from "../lock-objects.ts";
import { listObjects } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { checkArchives } from "./check-archives.ts";
import { buildInodeTable, type GoodFiles } from "./inode-table.ts";
import { createPace, type Pace, readPace } from "./pace.ts";
import { openProgress, type VerifyProgress } from "./progress.ts";
import { runChecks } from "./run-checks.ts";
import type { VerifySettings } from "./settings.ts";
import type { VerifyTask } from "./tasks.ts";

export interface VerifyFilesOptions {
  /** Only these objects; without it all, and the pool, twins, sources and archives too. */
  readonly objects?: readonly BaseName[] | undefined;
  readonly contents: boolean;
  /** Leave half of the disk and the processor to others. */
  readonly rests: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FilesProgress) => void) | undefined;
}

export interface FilesProgress {
  readonly part: "pool" | "objects" | "sources" | "archives";
  readonly files: number;
  /** Read. */
  readonly bytes: number;
}

export interface FilesVerification {
  readonly findings: readonly Finding[];
  readonly objects: number;
  readonly files: number;
  /** Read; what was read by an interrupted run before is not in it. */
  readonly bytes: number;
  /** When the interrupted run began that this one continued, UTC (RFC 3339). */
  readonly continued: string | undefined;
}

/**
 * Checks objects, pool, twins, sources and archives. With `contents` the pool is read first, each of its files once; a file of an
 * object that is one of them is not read again.
 */
export async function verifyFiles(store: Store, options: VerifyFilesOptions): Promise<FilesVerification> {
  const { contents, objects, signal } = options;
  const pace = createPace(options.rests);
  using progress = contents && !objects ? openProgress(store) : undefined;
  const run: Run = { store, options, pace, progress, findings: [], parts: [progress?.known ?? new Float64Array()] };
  using _telling = tellProgress(run);
  if (!objects) await checkAll(run, "pool", shardsOf(store.layout.files).map(poolTask));
  const chosen = objects ?? listObjects(store).sort();
  await checkAll(run, "objects", batchesOf(chosen));
  if (!objects) {
    await checkAll(run, "objects", (await settledOrphans(store, signal)).map(orphanTask));
    await checkAll(run, "objects", namesIn(store.layout.twins).map(twinTask));
    if (contents) await checkAll(run, "sources", sourceTasks(store));
    run.part = "archives";
    run.findings.push(...(await checkArchives(store, { contents, pace, signal })));
  }
  progress?.finish();
  const { bytes, files } = readPace(pace);
  return { findings: run.findings, objects: chosen.length, files, bytes, continued: progress?.began };
}

/** For who checks a few objects again after a repair. */
export function verifySettings(
  store: Store,
  options: { readonly contents: boolean; readonly pace: Pace; readonly parts?: readonly GoodFiles[] },
): VerifySettings {
  const { storeDir, canonicalStoreDir, manifests, files, twins, sources, root } = store.layout;
  const { contents, pace, parts = [] } = options;
  const known = buildInodeTable(parts);
  const paths = { storeDir, canonicalStoreDir, manifests, files, twins, sources };
  return { ...paths, uid: statSync(root).uid, contents, known, pace };
}

interface Run {
  readonly store: Store;
  readonly options: VerifyFilesOptions;
  readonly pace: Pace;
  readonly progress: VerifyProgress | undefined;
  readonly findings: Finding[];
  /** What was found good so far. */
  readonly parts: GoodFiles[];
  part?: FilesProgress["part"];
}

async function checkAll(run: Run, part: FilesProgress["part"], tasks: readonly VerifyTask[]): Promise<void> {
  run.part = part;
  const { store, options, pace, progress, findings, parts } = run;
  if (tasks.length === 0) return;
  const settings = verifySettings(store, { contents: options.contents, pace, parts });
  await runChecks(settings, tasks, {
    inThreads: isMuch(store, tasks),
    signal: options.signal,
    onAnswer({ findings: found, good }) {
      for (const finding of found) findings.push(finding);
      if (!options.contents || good.length === 0) return;
      parts.push(Float64Array.from(good));
      progress?.add(good);
    },
  });
}

/** From so many manifests on, or bytes in the files of one directory, threads are worth their start. */
const ENOUGH_OBJECTS = 32;
const ENOUGH_BYTES = 32 << 20;

function isMuch(store: Store, tasks: readonly VerifyTask[]): boolean {
  const { files, sources } = store.layout;
  let [objects, bytes] = [0, 0];
  for (const task of tasks) {
    if (task.kind === "objects") objects += task.objects.length;
    if (task.kind === "pool") bytes += bytesIn(`${files}/${task.shard}`);
    if (task.kind === "sources") bytes += bytesIn(`${sources}/sha256/${task.shard}`);
    if (task.kind === "orphan") objects += 1;
    if (objects >= ENOUGH_OBJECTS || bytes >= ENOUGH_BYTES) return true;
  }
  return bytesOfObjects(store, tasks) >= ENOUGH_BYTES;
}

function bytesIn(directory: string): number {
  return namesIn(directory).reduce(
    (sum, name) => sum + (lstatSync(`${directory}/${name}`, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function bytesOfObjects(store: Store, tasks: readonly VerifyTask[]): number {
  const objects = tasks.flatMap((task) => (task.kind === "objects" ? task.objects : []));
  return objects.reduce((sum, object) => sum + (readIfWhole(store, object)?.size ?? 0), 0);
}

/** Few messages for many small objects, and yet work for every thread to the end. */
const BATCH = 16;

function batchesOf(objects: readonly BaseName[]): VerifyTask[] {
  const size = objects.length < 8 * BATCH ? 1 : BATCH;
  const tasks: VerifyTask[] = [];
  for (let at = 0; at < objects.length; at += size)
    tasks.push({ kind: "objects", objects: objects.slice(at, at + size) });
  return tasks;
}

const poolTask = (shard: string): VerifyTask => ({ kind: "pool", shard });
const twinTask = (name: string): VerifyTask => ({ kind: "twin", name });
const orphanTask = (name: string): VerifyTask => ({ kind: "orphan", name });

function sourceTasks({ layout }: Store): VerifyTask[] {
  const tasks = (kind: "sources" | "commits", directory: string): VerifyTask[] =>
    shardsOf(`${layout.sources}/${directory}`).map((shard) => ({ kind, shard }));
  return [...tasks("sources", "sha256"), ...tasks("commits", "git/trees")];
}

function shardsOf(directory: string): string[] {
  return namesIn(directory).filter((name) => /^[0-9a-f]{2}$/.test(name));
}

/** Names in the storeDir without a manifest, when nobody is adding: between rename and manifest each object looks so. */
async function settledOrphans(store: Store, signal: AbortSignal | undefined): Promise<string[]> {
  if (orphansIn(store).length === 0) return [];
  using _lock = await lockObjects(store, signal);
  return orphansIn(store);
}

/** What is in the storeDir and not recorded, escaped: names of objects stand for themselves. */
export function orphansIn({ layout }: Store): string[] {
  const isOrphan = (name: string) => !isBaseName(name) || !existsSync(`${layout.manifests}/${name}.json`);
  return byteNamesIn(layout.storeDir).map(toEscaped).filter(isOrphan);
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

function byteNamesIn(directory: string): ByteString[] {
  return existsSync(directory) ? (readdirSync(directory, "latin1") as ByteString[]).sort() : [];
}

const EVERY_MS = 100;

function tellProgress(run: Run): Disposable {
  const { onProgress } = run.options;
  const timer =
    onProgress && setInterval(() => onProgress({ part: run.part ?? "pool", ...readPace(run.pace) }), EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
