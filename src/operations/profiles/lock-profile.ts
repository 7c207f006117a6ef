import type { ProfileName } from "../../model/ids.ts";
import { parseGenerationNumber } from "../../model/ids.ts";
import { buildForest } from "../../store/build-forest.ts";
import { activateIn, deactivateIn } from "../../store/instdir.ts";
import { isUnmade } from "../../store/lost-profiles.ts";
import type { Store } from "../../store/open-store.ts";
import { acquireProfileLock } from "../../store/profile-lock.ts";
import { createProfile, removeProfile, sweepProfile } from "../../store/profiles.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { refuseUnsafeRoot } from "../../store/root-safety.ts";
import type { Lock } from "../../system/lock.ts";
import type { RunOptions } from "../run-options.ts";
import type { Workspace } from "../workspace.ts";
import { settleIntents } from "./go-live.ts";

/**
 * The exclusive right to change a profile. What a killed process left half-done is settled first.
 * @throws StoreError BUSY when another process has it and the store was opened not to wait
 */
export async function lockProfile(store: Store, profile: ProfileName, run: RunOptions): Promise<Lock> {
  const lock = await takeLock(store, profile, run);
  try {
    refuseReadOnly(store);
    await settle(store, profile);
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

export interface MadeProfile extends Lock {
  /** Takes the profile back when it was made just now and has come to nothing. The lock is still held. */
  discardNew(): void;
}

/** The same for a profile that need not exist: then it is made, with its empty generation 0. */
export async function lockOrMakeProfile(
  store: Store,
  profile: ProfileName,
  run: RunOptions & { readonly workspace: Workspace },
): Promise<MadeProfile> {
  const lock = await takeLock(store, profile, run);
  let isMade = false;
  const discardNew = () => {
    if (!isMade) return;
    try {
      deactivateIn(store, profile);
      removeProfile(store, profile);
    } catch {
      // An empty profile is left. What went wrong before is what the person must hear of.
    }
  };
  try {
    refuseReadOnly(store);
    if (isUnmade(store, profile)) {
      isMade = true;
      await makeProfile(store, profile, run);
    }
    await settle(store, profile);
    return { ...lock, discardNew };
  } catch (error) {
    discardNew();
    lock[Symbol.dispose]();
    throw error;
  }
}

async function settle(store: Store, profile: ProfileName): Promise<void> {
  activateIn(store, profile);
  sweepProfile(store, profile);
  await settleIntents(store, profile);
}

async function makeProfile(
  store: Store,
  profile: ProfileName,
  { workspace, signal }: RunOptions & { readonly workspace: Workspace },
): Promise<void> {
  const path = await buildForest(
    store,
    { profile, packages: [] },
    { room: () => workspace.room(), lease: workspace.lease, signal },
  );
  createProfile(store, {
    generation: parseGenerationNumber(0),
    profile,
    created: store.context.now().toISOString(),
    parent: undefined,
    reason: "empty",
    transaction: 0,
    path,
    packages: [],
    unknown: {},
  });
}

async function takeLock(store: Store, profile: ProfileName, { signal, onEvent }: RunOptions): Promise<Lock> {
  refuseUnsafeRoot(store);
  return acquireProfileLock(store, profile, { signal, onWait: (holder) => onEvent?.({ kind: "waiting", holder }) });
}
