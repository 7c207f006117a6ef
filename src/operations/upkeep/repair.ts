import { fromText } from "../../model/byte-string.ts";
import type { BaseName, PackageName, PackageVersion } from "../../model/ids.ts";
import {
  type Finding,
  type FindingKind,
  isHarmless,
  type Outcome,
  type ProfilePlace,
  type SettledFinding,
  staysBad,
} from "../../model/verify/finding.ts";
import { doubtPool } from "../../store/collection/pool-mark.ts";
import { lockPath, pinsFile } from "../../store/layout.ts";
import { lockObjects } from "../../store/lock-objects.ts";
import { hasObject } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { type NameBook, remakeRecords } from "../../store/repair/mend-records.ts";
import { refuseUnsafeRoot } from "../../store/root-safety.ts";
import { checkPlaces } from "../../store/verify/check-places.ts";
import { listAllProfiles } from "../../store/verify/check-profiles.ts";
import { createPace } from "../../store/verify/pace.ts";
import { verifySettings } from "../../store/verify/verify-files.ts";
import { acquireLock } from "../../system/lock.ts";
import type { RepositoryOptions } from "../archives/obtain/packed-places.ts";
import { type BuildSettings, checkBuildSettings } from "../building/build-settings.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { type ObtainAgain, obtainTree, restoreObject } from "./verify/obtain-again.ts";
import { repairArchives } from "./verify/repair-archives.ts";
import { attempt, createReport, keyOf, type RepairContext } from "./verify/repair-context.ts";
import { repairObjects } from "./verify/repair-objects.ts";
import { repairIndex, repairJournal, repairOthers } from "./verify/repair-others.ts";
import { repairPlaces } from "./verify/repair-places.ts";
import { repairProfiles } from "./verify/repair-profiles.ts";
import { rescan } from "./verify/rescan.ts";
import { verifyJournal } from "./verify/verify-journal.ts";
import { readableGenerations } from "./verify/verify-profiles.ts";
import { NOTHING_SCANNED, scanStore, toResult, type VerifyRequest, type VerifyResult } from "./verify.ts";

export interface RepairRequest extends VerifyRequest {
  /** Where packed objects are looked for, besides the archives of the store. */
  readonly repositories?: RepositoryOptions | undefined;
  /** How packages are built again; without it none is. */
  readonly build?: BuildSettings | undefined;
}

/**
 * Checks, and makes right what is wrong, with bytes that are proved by their hash. What cannot be had again stays as it
 * is; what does not belong where it lies is kept in `aside/`. One process repairs at a time; others go on using the
 * store.
 */
export async function repair(store: Store, request: RepairRequest, run: RunOptions = {}): Promise<VerifyResult> {
  if (request.build) checkBuildSettings(request.build);
  const places = (request.what ?? []).length === 0 ? await makeUsable(store, run) : [];
  if (places.some(staysBad)) return toResult(NOTHING_SCANNED, places);
  refuseReadOnly(store);
  const scan = await scanStore(store, request, run);
  if (scan.findings.length === 0) return toResult(scan, places);
  using _lock = await lockRepair(store, run);
  doubtPool(store);
  using workspace = openWorkspace(store);
  const { cwd, repositories = { cwd }, build } = request;
  const problems = new Map<BaseName, readonly string[]>();
  const orphans = scan.findings.flatMap(({ kind, object }) => (object && isOrphan(kind) ? [object] : []));
  const context = createContext(store, { workspace, repositories, build, problems, ...run }, orphans);
  await repairAll(context, scan.findings);
  const left = await rescan(store, scan.findings, context.settings, run);
  return toResult(scan, [...places, ...settle(store, scan.findings, left, { report: context.report, problems })]);
}

/** What the log and the lock need comes first: the log tells whether anything may be changed. */
async function makeUsable(store: Store, run: RunOptions): Promise<SettledFinding[]> {
  if (checkPlaces(store).length === 0) return [];
  refuseUnsafeRoot(store);
  const { log, locks } = store.layout;
  const first = repairPlaces(store, ({ path }) =>
    [log, locks].some((place) => `${path}/`.startsWith(`${fromText(place)}/`)),
  );
  if (first.some(staysBad)) return first;
  refuseReadOnly(store);
  using _lock = await lockRepair(store, run);
  return [...first, ...repairPlaces(store)];
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

function createContext(store: Store, options: ObtainAgain, orphans: readonly BaseName[]): RepairContext {
  const trees = new Map<BaseName, ReturnType<typeof obtainTree>>();
  return {
    store,
    settings: { ...verifySettings(store, { contents: true, pace: createPace(false) }), orphans },
    names: namesOf(store),
    run: options,
    scratch: options.workspace.room().path,
    report: createReport(),
    obtain(object) {
      const tree = trees.get(object) ?? obtainTree(store, object, options);
      trees.set(object, tree);
      return tree;
    },
    restore: (object) => restoreObject(store, object, options),
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
  await repairManifests(context, findings);
  await repairArchives(context, findings);
  await repairProfiles(context, findings.filter(isAboutObjects), told);
  await repairOthers(context, findings);
  await repairIndex(context, findings);
}

function isOrphan(kind: FindingKind): boolean {
  return kind === "lost-manifest" || kind === "orphan";
}

/** Objects that are whole but for their manifest. */
async function repairManifests(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  const { store, settings, names, report, run } = context;
  for (const finding of findings.filter(({ kind }) => isOrphan(kind)))
    await attempt(context, [finding], async () => {
      using _lock = await lockObjects(store, run.signal);
      if (
        !hasObject(store, finding.object as BaseName) &&
        remakeRecords(store, finding.object as BaseName, { settings, names })
      )
        report.done(finding, "made anew from the object's own bytes");
    });
}

const HINT = "Name a place that has it with --repository, or recipes to build it with --recipes.";

const PROFILES_HINT =
  "Neither they nor the log are there: put both back, from a backup or by mounting what belongs there.";

const ROOT_HINT = "`store root remove NAME` forgets it; what it is to keep has to be added again.";

const LINK_HINT =
  "`store root remove FILE` forgets it, FILE being the link that it is of. When nobody knows that, move it away: the link keeps nothing then.";

function generationHint({ generation }: ProfilePlace): string {
  return `Put it back from a backup, or do without: when another one is live, \`store generations delete ${generation}\` removes it.`;
}

function pinsHint(path: string): string {
  return `Nothing tells any more what it held: put it back from a backup, or move ${path} away, and pin and name generations anew.`;
}

/** What was found before and is still there was not repaired; what came up only now is told as well. */
function settle(
  { layout }: Store,
  before: readonly Finding[],
  left: readonly Finding[],
  { report, problems }: Pick<RepairContext, "report"> & Pick<ObtainAgain, "problems">,
): readonly SettledFinding[] {
  const stillThere = new Set(left.map(keyOf));
  const known = new Set(before.map(keyOf));
  const outcomeOf = (finding: Finding): Outcome => {
    const outcome = report.outcomeOf(finding);
    if (!stillThere.has(keyOf(finding)))
      return outcome?.state === "repaired" ? outcome : { state: "repaired", from: "with something else, or meanwhile" };
    if (outcome?.state === "failed") return outcome;
    if (isHarmless(finding)) return { state: "found" };
    if (finding.kind === "root" && finding.reference === undefined)
      return { state: "no-source", hint: finding.subject.startsWith("roots/links/") ? LINK_HINT : ROOT_HINT };
    if (finding.place?.part === "pins")
      return { state: "no-source", hint: pinsHint(pinsFile(layout, finding.place.profile)) };
    if (finding.place?.part === "generation") return { state: "no-source", hint: generationHint(finding.place) };
    if (finding.kind === "profile" && finding.place === undefined) return { state: "no-source", hint: PROFILES_HINT };
    const tried = finding.object === undefined ? [] : (problems.get(finding.object) ?? []);
    return { state: "no-source", hint: tried.length > 0 ? tried.join("; ") : HINT };
  };
  return [...before, ...left.filter((finding) => !known.has(keyOf(finding)))].map((finding) => ({
    ...finding,
    outcome: outcomeOf(finding),
  }));
}
