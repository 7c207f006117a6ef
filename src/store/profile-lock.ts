import type { ProfileName } from "../model/ids.ts";
import { acquireLock, type Lock, type LockOptions } from "../system/lock.ts";
import { lockPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/**
 * Keeps all others from changing a profile.
 * @throws StoreError BUSY when another process has it and the store was opened not to wait, or when that process waits
 *   for this one
 */
export function acquireProfileLock(
  store: Store,
  profile: ProfileName,
  options: Pick<LockOptions, "signal" | "onWait">,
): Promise<Lock> {
  const { command, now, wait, env } = store.context;
  const path = lockPath(store.layout, `profile-${profile}`);
  return acquireLock(path, { ...options, command: command.join(" "), now, wait, env });
}
