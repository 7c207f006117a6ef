import { StoreError } from "../../errors.ts";
import { formatCount } from "../../model/format-count.ts";
import { readSetting } from "../../store/config-file.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import { collect } from "./collect.ts";
import { freeSpace } from "./gc.ts";

/** How often the room on the disk is looked at, and how long nobody tries again after there was nothing to delete. */
const INTERVAL_MS = 5_000;
const REST_MS = 60_000;

/** Looks after the room on the disk while packages are built. */
export interface RoomWatch extends AsyncDisposable {
  /** A build found the disk full: starts a collection, where the settings ask for any; returns the bytes it freed. */
  freeNow(): Promise<number>;
}

/**
 * Watches the room on the disk until it is disposed of: at once and then every few seconds, less than the setting
 * `gc.min-free` starts a collection that goes on until `gc.max-free` is free. What fails in it is told and stops nothing.
 */
export async function collectWhenShort(store: Store, run: RunOptions): Promise<RoomWatch> {
  const least = readSetting(store, "gc.min-free");
  if (least === "off") return { freeNow: async () => 0, [Symbol.asyncDispose]: async () => {} };
  let next = 0;
  let work = Promise.resolve();
  const look = (): Promise<void> => {
    work = work.then(async () => {
      if (Date.now() < next || freeSpace(store).bytes >= least.bytes) return;
      const freed = await freeSome(store, run);
      next = Date.now() + (freed === 0 ? REST_MS : 0);
    });
    return work;
  };
  await look();
  const timer = setInterval(look, INTERVAL_MS);
  return {
    async freeNow() {
      await work;
      const freeing = freeSome(store, run);
      work = freeing.then(() => undefined);
      return await freeing;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await work;
    },
  };
}

/** Returns the bytes that are freed; none when somebody else collects already. */
async function freeSome(store: Store, { signal, onEvent }: RunOptions): Promise<number> {
  const most = readSetting(store, "gc.max-free");
  const target = most === "off" ? undefined : { bytes: Math.max(1, most.bytes - freeSpace(store).bytes) };
  const impatient: Store = { ...store, context: { ...store.context, wait: false } };
  try {
    const { deleted, freedBytes } = await collect(impatient, { target }, { signal });
    const message = `the disk was nearly full: deleted ${formatCount(deleted.length, "object")} that nothing keeps, ${formatCount(freedBytes, "byte")}`;
    onEvent?.({ kind: "warning", message, hint: "The setting gc.min-free asks for this." });
    return freedBytes;
  } catch (error) {
    if (signal?.aborted) return 0;
    const isBusy = error instanceof StoreError && error.code === "BUSY";
    if (!isBusy)
      onEvent?.({ kind: "warning", message: `the disk is nearly full, and nothing was deleted: ${String(error)}` });
    return 0;
  }
}
