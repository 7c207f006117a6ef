import { StoreError } from "../../errors.ts";
import type { Json } from "../../model/canonical-json.ts";
import { byName, type Change, diffPackages, isSamePackages } from "../../model/change.ts";
import { withReferences } from "../../model/closure.ts";
import { formatCount } from "../../model/format-count.ts";
import { type Generation, type InstalledPackage, printGeneration } from "../../model/generation.ts";
import { type BaseName, type GenerationNumber, type ProfileName, parseGenerationNumber } from "../../model/ids.ts";
import { withoutCredentials } from "../../model/without-credentials.ts";
import { buildForest } from "../../store/build-forest.ts";
import { readGeneration, writeGeneration } from "../../store/generation-records.ts";
import { logBegin, logCommit, logGeneration } from "../../store/log-transactions.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { checkWritable, liveGeneration, type ProfileState, readProfile, requireProfile } from "../../store/profiles.ts";
import type { Lock } from "../../system/lock.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import { checkGeneration, type GenerationCheck } from "./check-generation.ts";
import { endFailed, goLive } from "./go-live.ts";
import { lockOrMakeProfile } from "./lock-profile.ts";
import { checkTracking, trackChange } from "./track-change.ts";

/** What shall become of a profile's packages: applied to whatever generation is live when it is carried out. */
export type ProfileEdit = (head: Generation) => readonly InstalledPackage[];

export interface ChangeRequest {
  readonly profile: ProfileName;
  /** What was asked for, in words: `install zlib`. */
  readonly reason: string;
  /** What was asked for, as the log tells it: `{"install": [{"from": "zlib"}]}`. */
  readonly plan: Readonly<Record<string, Json>>;
  /** What must succeed in the coming generation before it goes live; the profile's lock is held meanwhile. */
  readonly check?: GenerationCheck | undefined;
  /** Whether packages are given a priority, which a conflict tells to leave out. */
  readonly givesPriority?: boolean | undefined;
  /** A profile that does not exist is made. */
  readonly makesProfile?: boolean;
  /** The generation that a rollback leads to from the one that is made; the live one unless given. */
  readonly parent?: GenerationNumber | undefined;
  /** Gets everything that the edit needs into the store; runs without a lock, so that it may take its time. */
  prepare(workspace: Workspace): Promise<ProfileEdit>;
}

/**
 * Makes a change of a profile's packages as one transaction: prepare, forest, log, one rename. Whatever fails before
 * that rename leaves the profile as it was, and the log tells of the attempt.
 */
export async function changeProfile(store: Store, request: ChangeRequest, run: RunOptions): Promise<Change> {
  checkTracking(run);
  const { profile, check } = request;
  if (!request.makesProfile) requireProfile(store, profile);
  const plan = check === undefined ? request.plan : { ...request.plan, check: withoutCredentials(check.command) };
  const base = liveGeneration(store, profile) ?? parseGenerationNumber(0);
  const transaction = await logBegin(store, { profile, base, plan });
  try {
    using workspace = openWorkspace(store);
    const edit = await request.prepare(workspace);
    run.signal?.throwIfAborted();
    const change = await carryOutLocked(store, { ...request, ...run, edit, transaction, workspace });
    if (change.changed) await (await import("../archives/archives.ts")).archiveByPolicy(store, profile, run);
    return change;
  } catch (error) {
    await endFailed(store, { transaction, profile, error });
    throw error;
  }
}

/** Behind it the profile is free for others, whatever is still to do. */
async function carryOutLocked(store: Store, work: Work): Promise<Change> {
  using lock = await lockOrMakeProfile(store, work.profile, work);
  return await carryOut(store, { ...work, lock, discardNew: lock.discardNew });
}

interface Work extends RunOptions {
  readonly profile: ProfileName;
  readonly reason: string;
  readonly edit: ProfileEdit;
  readonly check?: GenerationCheck | undefined;
  readonly givesPriority?: boolean | undefined;
  readonly parent?: GenerationNumber | undefined;
  readonly transaction: number;
  readonly workspace: Workspace;
}

interface LockedWork extends Work {
  readonly lock: Lock;
  /** Takes the profile back when it was made for this change. */
  discardNew(): void;
}

async function carryOut(store: Store, work: LockedWork): Promise<Change> {
  const { profile, transaction } = work;
  const state = readProfile(store, profile);
  const head = readGeneration(store, profile, state.current);
  const next = await makeNext(store, work, { state, head }).catch((error: unknown) => {
    work.discardNew();
    throw error;
  });
  if (next === undefined) {
    const change = { transaction, profile, from: head.generation, to: head.generation, changed: false };
    trackChange(store, change, work);
    await logCommit(store, change);
    return { ...change, ...diffPackages([], []) };
  }
  const change = { transaction, profile, from: head.generation, to: next.generation, changed: true };
  const stage = async () => {
    checkWritable(store, profile);
    // First of all: what could not be read again must not stand in the log either.
    const text = printGeneration(next);
    await logGeneration(store, next, head);
    writeGeneration(store, next, text);
  };
  // The record of the generation tells how it differs from its parent only.
  const contents = next.parent === head.generation ? undefined : { before: head.packages, after: next.packages };
  return goLive(store, { ...change, ...diffPackages(head.packages, next.packages) }, { ...work, stage, contents });
}

/** Makes the forest of what shall be live and checks it; `undefined` when nothing changes. */
async function makeNext(
  store: Store,
  work: LockedWork,
  { state, head }: { readonly state: ProfileState; readonly head: Generation },
): Promise<Generation | undefined> {
  const { profile, workspace, signal, givesPriority } = work;
  const packages = byName(work.edit(head));
  if (isSamePackages(head.packages, packages)) return undefined;
  work.onEvent?.({ kind: "step", step: "link", subject: formatCount(packages.length, "package") });
  const path = await buildForest(
    store,
    { profile, packages, installed: head.packages, givesPriority },
    { room: () => workspace.room(), lease: workspace.lease, signal },
  );
  const next = nextGeneration(store, work, { head, packages, path, number: state.last + 1 });
  if (work.check !== undefined) await checkGeneration(store, next, { ...work.check, ...work });
  signal?.throwIfAborted();
  return next;
}

interface Next {
  readonly head: Generation;
  readonly packages: readonly InstalledPackage[];
  readonly path: Generation["path"];
  readonly number: number;
}

function nextGeneration(store: Store, work: Work, { head, packages, path, number }: Next): Generation {
  const closure = closureBeyond(store, packages);
  return {
    generation: parseGenerationNumber(number),
    profile: work.profile,
    created: store.context.now().toISOString(),
    parent: work.parent ?? head.generation,
    reason: work.reason,
    transaction: work.transaction,
    path,
    packages,
    ...(closure !== undefined && { closure }),
    unknown: {},
  };
}

/** What packages need besides each other, sorted; not known where a manifest cannot be read. */
function closureBeyond(store: Store, packages: readonly InstalledPackage[]): BaseName[] | undefined {
  const own = new Set(packages.map(({ path }) => path));
  try {
    const all = withReferences(own, (object) => readManifest(store, object).references);
    return all.filter((object) => !own.has(object)).sort();
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
