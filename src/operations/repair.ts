import type { BaseName, PackageName, PackageVersion } from "../model/ids.ts";
import type { Finding, FindingKind, Outcome, SettledFinding } from "../model/verify/finding.ts";
import { lockPath } from "../store/layout.ts";
import { lockObjects } from "../store/lock-objects.ts";
import type { Store } from "../store/open-store.ts";
import { type NameBook, remakeRecords } from "../store/repair/mend-records.ts";
import { listAllProfiles } from "../store/verify/check-profiles.ts";
import { createPace } from "../store/verify/pace.ts";
import { verifySettings } from "../store/verify/verify-files.ts";
import { acquireLock } from "../system/lock.ts";
import type { RunOptions } from "./run-options.ts";
import { obtainTree, restoreObject } from "./verify/obtain-again.ts";
import { attempt, createReport, keyOf, type RepairContext } from "./verify/repair-context.ts";
import { repairObjects } from "./verify/repair-objects.ts";
import { repairIndex, repairJournal, repairOthers } from "./verify/repair-others.ts";
import { repairProfiles } from "./verify/repair-profiles.ts";
import { rescan } from "./verify/rescan.ts";
import { verifyJournal } from "./verify/verify-journal.ts";
import { readableGenerations } from "./verify/verify-profiles.ts";
import { scanStore, toResult, type VerifyRequest, type VerifyResult } from "./verify.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

export interface RepairRequest extends VerifyRequest {}

/**
 * Checks, and makes right what is wrong, with bytes that are proved by their hash. What cannot be had again stays as it
 * is; what does not belong where it lies is kept in `aside/`. One process repairs at a time; others go on using the
 * store.
 */
export async function repair(store: Store, request: RepairRequest, run: RunOptions = {}): Promise<VerifyResult> {
  const scan = await scanStore(store, request, run);
  if (scan.findings.length === 0) return toResult(scan, []);
  using _lock = await lockRepair(store, run);
  using workspace = openWorkspace(store);
  const context = createContext(store, workspace, run);
  await repairAll(context, scan.findings);
  const left = await rescan(store, scan.findings, context.settings, run);
  return toResult(scan, settle(scan.findings, left, context));
}

function lockRepair(store: Store, run: RunOptions) {
  const { command, now, wait } = store.context;
  return acquireLock(lockPath(store.layout, "repair"), {
    command: command.join(" "),
    now,
    wait,
    signal: run.signal,
    onWait: (holder) => run.onEvent?.({ kind: "waiting", holder }),
  });
}

function createContext(store: Store, workspace: Workspace, run: RunOptions): RepairContext {
  const trees = new Map<BaseName, ReturnType<typeof obtainTree>>();
  return {
    store,
    settings: verifySettings(store, { contents: true, pace: createPace(false) }),
    names: namesOf(store),
    run,
    scratch: workspace.room().path,
    report: createReport(),
    obtain(object) {
      const tree = trees.get(object) ?? obtainTree(store, object, { workspace, run });
      trees.set(object, tree);
      return tree;
    },
    restore: (object) => restoreObject(store, object, { workspace, run }),
  };
}

/** Names and versions of packages, from the records of generations. */
function namesOf(store: Store): NameBook {
  const names = new Map<string, readonly [PackageName, PackageVersion]>();
  for (const profile of listAllProfiles(store).profiles)
    for (const { packages } of readableGenerations(store, profile))
      for (const { path, name, version } of packages) names.set(path, [name, version]);
  return names;
}

/** Kinds of findings that are about what an object consists of. */
const OF_OBJECTS: ReadonlySet<FindingKind> = new Set([
  ...(["missing-object", "missing-file", "extra-file", "changed-file", "unreadable-file", "wrong-kind"] as const),
  ...(["wrong-link", "wrong-mode", "wrong-time", "wrong-owner", "attributes"] as const),
  ...(["damaged-manifest", "damaged-list", "missing-reference", "lost-manifest", "orphan"] as const),
]);

async function repairAll(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  const { store } = context;
  await repairJournal(context, findings);
  const { told } = verifyJournal(store);
  await repairManifests(context, findings);
  const isAboutObjects = ({ place }: Finding) => place?.part === "objects";
  await repairProfiles(
    context,
    findings.filter((finding) => !isAboutObjects(finding)),
    told,
  );
  const objects = findings.flatMap(({ kind, object }) => (object && OF_OBJECTS.has(kind) ? [object] : []));
  await repairObjects(
    context,
    [...new Set(objects)],
    findings.filter(({ kind }) => kind === "pool-file"),
  );
  await repairProfiles(context, findings.filter(isAboutObjects), told);
  await repairOthers(context, findings);
  await repairIndex(context, findings);
}

/** Objects that are whole but for their manifest. */
async function repairManifests(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  const { store, settings, names, report, run } = context;
  for (const finding of findings.filter(({ kind }) => kind === "lost-manifest" || kind === "orphan"))
    await attempt(context, [finding], async () => {
      using _lock = await lockObjects(store, run.signal);
      if (remakeRecords(store, finding.object as BaseName, { settings, names }))
        report.done(finding, "made anew from the object's own bytes");
    });
}

const NO_SOURCE: Outcome = {
  state: "no-source",
  hint: "Name a place that has it with --repository, or a recipe to build it with --recipes.",
};

/** What was found before and is still there was not repaired; what came up only now is told as well. */
function settle(
  before: readonly Finding[],
  left: readonly Finding[],
  { report }: RepairContext,
): readonly SettledFinding[] {
  const stillThere = new Set(left.map(keyOf));
  const known = new Set(before.map(keyOf));
  const outcomeOf = (finding: Finding): Outcome => {
    const outcome = report.outcomeOf(finding);
    if (!stillThere.has(keyOf(finding)))
      return outcome?.state === "repaired" ? outcome : { state: "repaired", from: "by another repair" };
    return outcome?.state === "failed" ? outcome : NO_SOURCE;
  };
  return [...before, ...left.filter((finding) => !known.has(keyOf(finding)))].map((finding) => ({
    ...finding,
    outcome: outcomeOf(finding),
  }));
}
