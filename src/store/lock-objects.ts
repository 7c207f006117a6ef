import { acquireLock, type Lock, tryAcquireLock } from "../system/lock.ts";
import { lockPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/** The lock under which objects appear and vanish, and under which it is told which are there to stay. */
const OBJECTS = "objects";

/** Held by who waits for the other one; so that a collection, which takes it again and again, lets others go first. */
const TURN = "objects-turn";

/**
 * The exclusive right to make objects valid or remove them, for a moment: so short that waiting for it is not asked
 * about. Who finds it taken waits no longer than one batch of a collection takes.
 */
export async function lockObjects(store: Store, signal?: AbortSignal): Promise<Lock> {
  const { command, now } = store.context;
  const free = tryAcquireLock(lockPath(store.layout, OBJECTS), command.join(" "), now);
  return free ?? (await lockInTurn(store, signal));
}

/** The same for who takes it many times: whoever waits already is served first. */
export async function lockInTurn(store: Store, signal?: AbortSignal): Promise<Lock> {
  const { command, now } = store.context;
  const options = { command: command.join(" "), now, wait: true, signal };
  using _turn = await acquireLock(lockPath(store.layout, TURN), options);
  return await acquireLock(lockPath(store.layout, OBJECTS), options);
}
