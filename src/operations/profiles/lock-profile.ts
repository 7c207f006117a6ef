import type { ProfileName } from "../../model/ids.ts";
import { parseGenerationNumber } from "../../model/ids.ts";
import { buildForest } from "../../store/build-forest.ts";
import { activateIn } from "../../store/instdir.ts";
import { lockPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { createProfile, hasProfile, sweepProfile } from "../../store/profiles.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { acquireLock, type Lock } from "../../system/lock.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { settleIntents } from "./go-live.ts";

/**
 * The exclusive right to change a profile. What a killed process left half-done is settled first.
 * @throws StoreError BUSY when another process has it and the store was opened not to wait
 */
export async function lockProfile(store: Store, profile: ProfileName, run: RunOptions): Promise<Lock> {
  const lock = await takeLock(store, profile, run);
  try {
    refuseReadOnly(store);
    activateIn(store, profile);
    sweepProfile(store, profile);
    await settleIntents(store, profile);
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Makes the profile with its empty generation 0 unless it exists. */
export async function ensureProfile(store: Store, profile: ProfileName, run: RunOptions): Promise<void> {
  if (hasProfile(store, profile)) return;
  using _lock = await takeLock(store, profile, run);
  if (hasProfile(store, profile)) return;
  using workspace = openWorkspace(store);
  const path = await buildForest(
    store,
    { profile, packages: [] },
    { room: () => workspace.room(), lease: workspace.lease, signal: run.signal },
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

function takeLock(store: Store, profile: ProfileName, run: RunOptions): Promise<Lock> {
  const { command, now, wait } = store.context;
  return acquireLock(lockPath(store.layout, `profile-${profile}`), {
    command: command.join(" "),
    now,
    wait,
    signal: run.signal,
    onWait: (holder) => run.onEvent?.({ kind: "waiting", holder }),
  });
}
