import { statSync } from "node:fs";
import { join } from "node:path";
import { type BuildRecord, parseBuildRecord, printBuildRecord } from "../model/build-record.ts";
import type { DerivationKey } from "../model/derivation.ts";
import { readTextIfPresent, writeFileAtomic } from "../system/atomic-file.ts";
import { namesIn } from "../system/names-in.ts";
import { buildFile } from "./layout.ts";
import { hasObject } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/** The build of this derivation, when its output is in the store. */
export function findBuild(store: Store, key: DerivationKey): BuildRecord | undefined {
  const record = readBuild(store, key);
  return record && hasObject(store, record.output) ? record : undefined;
}

/** The record of a build, whatever became of its output. */
export function readBuild(store: Store, key: DerivationKey): BuildRecord | undefined {
  const path = buildFile(store.layout, key);
  const text = readTextIfPresent(path);
  return text === undefined ? undefined : parseBuildRecord(text, path);
}

/** `scratch` is a directory of the store that vanishes with its process. */
export function writeBuild(store: Store, record: BuildRecord, scratch: string): void {
  writeFileAtomic(buildFile(store.layout, record.key), printBuildRecord(record), { scratch });
}

/** All builds that are recorded, newest first. Damaged records are left out: a build can be done again. */
export function listBuilds(store: Store): BuildRecord[] {
  const files = namesIn(store.layout.builds).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  const dated = files.map((name) => ({ name, time: statSync(join(store.layout.builds, name)).mtimeMs }));
  return dated.sort((a, b) => b.time - a.time).flatMap(({ name }) => readOne(join(store.layout.builds, name)));
}

/** The keys and outputs of all builds whose record can be read. */
export function listOutputs(store: Store): { readonly file: string; readonly output: BuildRecord["output"] }[] {
  const files = namesIn(store.layout.builds).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  return files.flatMap((name) => {
    const file = join(store.layout.builds, name);
    return readOne(file).map(({ output }) => ({ file, output }));
  });
}

/** Where the log of a build lies, compressed with gzip. */
export function buildLogPath(store: Store, key: DerivationKey): string {
  return join(store.layout.buildLogs, `${key}.log.gz`);
}

function readOne(path: string): BuildRecord[] {
  try {
    return [parseBuildRecord(readTextIfPresent(path) ?? "", path)];
  } catch {
    return [];
  }
}
