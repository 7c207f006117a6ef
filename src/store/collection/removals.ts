import type { BaseName } from "../../model/ids.ts";
import type { Hands } from "./collection-task.ts";
import type { Freed } from "./remove-with.ts";
import type { TakenOut } from "./taken-out.ts";

/** Removes one load after the other. When it goes, none is still being removed. */
export interface Removals extends AsyncDisposable {
  /** Waits for the load before. */
  begin(load: TakenOut): Promise<void>;
  /** Whether all that the pool has of them was looked at. */
  end(): Promise<boolean>;
}

/** Where it is told what was removed. */
interface Told extends Freed {
  readonly deleted: BaseName[];
  readonly onBatch?: ((deleted: readonly BaseName[]) => void) | undefined;
}

export function createRemovals(hands: Hands, told: Told): Removals {
  let poolIsKnown = true;
  let running: Promise<void> | undefined;
  const remove = async (load: TakenOut) => {
    // They are gone, also when something of them stays in the trash.
    for (const object of load.objects()) told.deleted.push(object);
    const isKnown = await load.remove(hands, told);
    poolIsKnown &&= isKnown;
    told.onBatch?.(told.deleted);
  };
  return {
    async begin(load) {
      try {
        await running;
      } finally {
        running = remove(load);
        // It is waited for later; until then nobody need hear of its failure.
        running.catch(() => {});
      }
    },
    async end() {
      await running;
      return poolIsKnown;
    },
    async [Symbol.asyncDispose]() {
      await running?.catch(() => {});
    },
  };
}
