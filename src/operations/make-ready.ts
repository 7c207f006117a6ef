import { acceptUnsafeRoot } from "../store/init-store.ts";
import type { Store } from "../store/open-store.ts";
import { refuseUnsafeRoot } from "../store/root-safety.ts";

/**
 * For who wants to work with a store that may have been there before: that others can change it is refused, or accepted
 * for good.
 * @throws StoreError UNSAFE, BUSY
 */
export async function makeReady(
  store: Store,
  { allowUnsafeRoot }: { readonly allowUnsafeRoot?: boolean | undefined },
): Promise<void> {
  if (allowUnsafeRoot) await acceptUnsafeRoot(store);
  else refuseUnsafeRoot(store);
}
