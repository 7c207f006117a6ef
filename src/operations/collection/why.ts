import type { BaseName } from "../../model/ids.ts";
import type { Root } from "../../model/root.ts";
import { objectPath } from "../../store/layout.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { chainsOf } from "./delete-objects.ts";

export interface Why {
  /** Absolute path of the object. */
  readonly path: string;
  /** Whether anything keeps it. */
  readonly alive: boolean;
  /** One for each root that does, the shortest first: from what the root names to the object, as absolute paths. */
  readonly chains: readonly { readonly root: Omit<Root, "objects">; readonly objects: readonly string[] }[];
}

/**
 * Why an object is not collected.
 * @throws StoreError NOT_FOUND when there is no such object
 */
export async function why(store: Store, object: BaseName): Promise<Why> {
  readManifest(store, object);
  const chains = await chainsOf(store, object);
  return {
    path: objectPath(store.layout, object),
    alive: chains.length > 0,
    chains: chains.map(({ root: { objects: _, ...root }, objects }) => ({
      root,
      objects: objects.map((each) => objectPath(store.layout, each)),
    })),
  };
}
