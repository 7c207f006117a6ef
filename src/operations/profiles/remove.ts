import { StoreError } from "../../errors.ts";
import type { Change } from "../../model/change.ts";
import type { Generation } from "../../model/generation.ts";
import type { ProfileName } from "../../model/ids.ts";
import { nearest } from "../../model/nearest.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import { changeProfile } from "./change-profile.ts";

/**
 * Takes packages out of a profile; their objects stay in the store.
 * @throws StoreError NOT_FOUND naming all that are not installed
 */
export async function remove(
  store: Store,
  request: { readonly profile: ProfileName; readonly names: readonly string[] },
  run: RunOptions = {},
): Promise<Change> {
  const names = new Set(request.names);
  return changeProfile(
    store,
    {
      profile: request.profile,
      reason: `remove ${request.names.join(" ")}`,
      plan: { remove: request.names },
      prepare: async () => (head) => {
        checkInstalled(head, request.names);
        return head.packages.filter(({ name }) => !names.has(name));
      },
    },
    run,
  );
}

/** @throws StoreError NOT_FOUND */
export function checkInstalled(head: Generation, names: readonly string[]): void {
  const installed = head.packages.map(({ name }) => String(name));
  const missing = names.filter((name) => !installed.includes(name));
  if (missing.length === 0) return;
  const guess = nearest(missing[0] as string, installed);
  const known = installed.length === 0 ? "Nothing is installed." : "See `store list`.";
  throw new StoreError("NOT_FOUND", `not installed in profile '${head.profile}': ${missing.join(", ")}`, {
    hint: guess === undefined ? known : `Did you mean '${guess}'? ${known}`,
    details: { profile: head.profile, missing },
  });
}
