import { basename, dirname } from "node:path";
import type { BaseName } from "../../../model/ids.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import type { Store } from "../../../store/open-store.ts";
import { checkArchives } from "../../../store/verify/check-archives.ts";
import { checkRoots } from "../../../store/verify/check-roots.ts";
import type { VerifySettings } from "../../../store/verify/settings.ts";
import { runVerifyTask, type VerifyTask } from "../../../store/verify/tasks.ts";
import { orphansIn } from "../../../store/verify/verify-files.ts";
import type { RunOptions } from "../../run-options.ts";
import { verifyBuilds } from "./verify-builds.ts";
import { verifyIndex } from "./verify-index.ts";
import { verifyJournal } from "./verify-journal.ts";
import { verifyProfiles } from "./verify-profiles.ts";

/** Checks again whatever the findings are about. */
export async function rescan(
  store: Store,
  findings: readonly Finding[],
  settings: VerifySettings,
  run: RunOptions,
): Promise<readonly Finding[]> {
  const left = tasksFor(store, findings).flatMap((task) => runVerifyTask(settings, task).findings);
  const archives = findings.flatMap(({ kind, subject }) => (kind === "archive" ? [basename(subject)] : []));
  left.push(
    ...(await checkArchives(store, { contents: true, pace: settings.pace, names: archives, signal: run.signal })),
  );
  if (findings.some(isOfRecords)) {
    const journal = verifyJournal(store);
    left.push(...journal.findings, ...(await verifyProfiles(store, journal.told, run)).findings);
    left.push(...checkRoots(store), ...verifyBuilds(store), ...(await verifyIndex(store)));
  }
  return left;
}

const OF_RECORDS: ReadonlySet<Finding["kind"]> = new Set([
  "log",
  "build",
  "index",
  "stray",
  "leftover",
  "root",
  "profile",
]);

function isOfRecords({ kind, place }: Finding): boolean {
  return place !== undefined || OF_RECORDS.has(kind);
}

function tasksFor(store: Store, findings: readonly Finding[]): VerifyTask[] {
  const objects = new Set(findings.flatMap(({ object }) => object ?? []));
  const shards = (kind: Finding["kind"], at: number) =>
    new Set(findings.flatMap((finding) => (finding.kind === kind ? [finding.subject.split("/")[at] as string] : [])));
  const twins = new Set(findings.flatMap(({ subject }) => /^twins\/([^/]+)/.exec(subject)?.[1] ?? []));
  const orphans = new Set(orphansIn(store));
  return [
    { kind: "objects", objects: [...objects] as BaseName[] },
    ...[...shards("pool-file", 1), ...shards("pool-stray", 1)].map((shard) => ({ kind: "pool" as const, shard })),
    ...sourceTasksFor(findings),
    ...[...twins].map((name) => ({ kind: "twin" as const, name })),
    ...findings.flatMap(({ subject }) => (orphans.has(subject) ? [{ kind: "orphan" as const, name: subject }] : [])),
  ];
}

/** `sources/sha256/<2>/…` and `sources/git/trees/<2>/…`. */
function sourceTasksFor(findings: readonly Finding[]): VerifyTask[] {
  const directories = findings.flatMap(({ kind, subject }) => (kind === "source" ? [dirname(subject)] : []));
  return [...new Set(directories)].map((directory) => ({
    kind: directory.startsWith("sources/git/") ? "commits" : "sources",
    shard: basename(directory),
  }));
}
