import { lstatSync, mkdirSync, readlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import type { ProfileName } from "../model/ids.ts";
import { replaceLink } from "../system/atomic-file.ts";
import { readSetting } from "./config-file.ts";
import { currentPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/**
 * Makes sure that `<instdir>/<profile>` leads to the live link of the profile, where such a place is wanted. The link
 * itself never changes: what replaces the live link switches both at once. Nothing else there is touched.
 * @throws StoreError CONFLICT when something else has that name
 */
export function activateIn(store: Store, profile: ProfileName): void {
  const directory = store.context.instDir ?? readSetting(store, "instdir");
  if (directory === "") return;
  const link = join(resolve(directory), profile);
  const target = currentPath(store.layout, profile);
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() && readlinkSync(link) === target) return;
  if (found !== undefined) throw taken(link, target);
  mkdirSync(resolve(directory), { recursive: true });
  replaceLink(target, link);
}

function taken(link: string, target: string): StoreError {
  return new StoreError("CONFLICT", `${link} is there already, and does not lead to ${target}`, {
    hint: "Nothing was changed. Move it away, or name another --instdir.",
    details: { link, target },
  });
}
