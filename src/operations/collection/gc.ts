import { statfsSync } from "node:fs";
import { checkAmounts, checkCounts } from "../../model/check-number.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { listOldSources } from "../../sources/old-sources.ts";
import { listAbandoned } from "../../sources/temporary-sources.ts";
import type { Target } from "../../store/collection/measure.ts";
import { readSetting } from "../../store/config-file.ts";
import type { Store } from "../../store/open-store.ts";
import { listProfiles, readProfile } from "../../store/profiles.ts";
import { chooseByPolicy, type DeletedGenerations, deleteChosen } from "../profiles/delete-generations.ts";
import type { RunOptions } from "../run-options.ts";
import { type Collected, collect } from "./collect.ts";
import { isDiskFull } from "./disk-full.ts";

export interface GcRequest {
  /** Tell what would be deleted, and delete nothing. */
  readonly dryRun?: boolean | undefined;
  /** First delete generations older than this, in milliseconds; default: the setting `gc.older-than`. */
  readonly olderThan?: number | undefined;
  /** Keep so many generations of each profile, whatever their age; default: the setting `gc.keep`. */
  readonly keep?: number | undefined;
  /** Stop when so many bytes are freed. */
  readonly maxFreed?: number | undefined;
  /** Stop when so many bytes are free on the filesystem. */
  readonly untilFree?: number | undefined;
  /** Stop when so many inodes are free on the filesystem. */
  readonly freeInodes?: number | undefined;
}

export interface GcResult extends Collected {
  readonly dryRun: boolean;
  /** Generations that were deleted first. */
  readonly generations: readonly { readonly profile: ProfileName; readonly deleted: readonly GenerationNumber[] }[];
}

/**
 * Deletes generations that the policy does not keep, then every object that nothing keeps, and old downloads and logs.
 * Objects that the rules for archives want are packed before.
 * @throws StoreError DAMAGED, UNSAFE when it cannot be told what a root keeps: then no object is deleted
 */
export async function gc(store: Store, request: GcRequest = {}, run: RunOptions = {}): Promise<GcResult> {
  const { keep, freeInodes, olderThan, maxFreed, untilFree } = request;
  checkCounts({ keep, freeInodes });
  checkAmounts({ olderThan, maxFreed, untilFree });
  const dryRun = request.dryRun === true;
  const policy = policyOf(store, request);
  const generations = [];
  for (const profile of listProfiles(store)) {
    const choose = (state: ReturnType<typeof readProfile>) => chooseByPolicy(store, state, policy);
    const chosen = choose(readProfile(store, profile)).deleted;
    if (chosen.length === 0) continue;
    const { deleted } = dryRun
      ? { deleted: chosen }
      : await unlessFull(profile, run, () =>
          deleteChosen(store, profile, { plan: { delete: planOf(policy) }, choose }, run),
        );
    if (deleted.length > 0) generations.push({ profile, deleted });
  }
  const without = new Map(generations.map(({ profile, deleted }) => [profile, new Set<number>(deleted)]));
  const target = targetOf(store, request);
  const collected = await collect(store, { dryRun, without, target, pack: true, ...keptOf(store) }, run);
  return { ...collected, dryRun, generations };
}

/** The log tells first which generations go. Where a full disk has no room for that, objects that nothing keeps make it. */
async function unlessFull(
  profile: ProfileName,
  { onEvent }: RunOptions,
  work: () => Promise<DeletedGenerations>,
): Promise<Pick<DeletedGenerations, "deleted">> {
  try {
    return await work();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    const message = `generations of profile '${profile}' are not deleted yet: the disk has no room left for the log`;
    onEvent?.({ kind: "warning", message, hint: "Run `store gc` again when objects have made room." });
    return { deleted: [] };
  }
}

/** What is free on the filesystem of the store. */
export function freeSpace(store: Store): { readonly bytes: number; readonly inodes: number } {
  const { bavail, bsize, ffree } = statfsSync(store.layout.root);
  return { bytes: bavail * bsize, inodes: ffree };
}

interface Policy {
  readonly olderThan: number | undefined;
  readonly keep: number | undefined;
}

/** What is asked for, else what the settings say; a number of generations that they keep stays kept in any case. */
function policyOf(store: Store, { olderThan, keep }: GcRequest): Policy {
  const [age, count] = [readSetting(store, "gc.older-than"), readSetting(store, "gc.keep")];
  const kept = keep ?? (count === "all" ? undefined : count);
  if (olderThan !== undefined || keep !== undefined) return { olderThan, keep: kept };
  return { olderThan: age === "never" ? undefined : age.milliseconds, keep: kept };
}

function planOf({ olderThan, keep }: Policy): string[] {
  return [...(olderThan === undefined ? [] : [`${olderThan / HOUR}h`]), ...(keep === undefined ? [] : [`+${keep}`])];
}

const HOUR = 3_600_000;

/** What is missing on the filesystem is found out once: what others write meanwhile makes it neither more nor less. */
function targetOf(store: Store, { maxFreed, untilFree, freeInodes }: GcRequest): Target | undefined {
  if (maxFreed === undefined && untilFree === undefined && freeInodes === undefined) return undefined;
  const free = freeSpace(store);
  return {
    most: maxFreed,
    ...(untilFree !== undefined && { bytes: Math.max(0, untilFree - free.bytes) }),
    ...(freeInodes !== undefined && { inodes: Math.max(0, freeInodes - free.inodes) }),
  };
}

function keptOf(store: Store) {
  const age = (key: "gc.sources" | "gc.build-logs" | "gc.failed-builds") => {
    const value = readSetting(store, key);
    return value === "never" ? undefined : value.milliseconds;
  };
  const sources = age("gc.sources");
  const { now } = store.context;
  const directory = store.layout.sources;
  const old = sources === undefined ? [] : listOldSources(directory, now().getTime() - sources);
  return {
    retention: { buildLogs: age("gc.build-logs"), failedBuilds: age("gc.failed-builds") },
    oldFiles: [...new Set([...old, ...listAbandoned({ directory, now })])],
  };
}
