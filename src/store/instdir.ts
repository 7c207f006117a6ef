import { lstatSync, readlinkSync, unlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import type { ProfileName } from "../model/ids.ts";
import { tooLong } from "../model/searchable.ts";
import { replaceLink } from "../system/atomic-file.ts";
import { makeDirectory } from "../system/make-directory.ts";
import { readSetting } from "./config-file.ts";
import { currentPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/**
 * Makes sure that `<instdir>/<profile>` leads to the live link of the profile, where such a place is wanted. The link
 * itself never changes: what replaces the live link switches both at once. Nothing else there is touched.
 * @throws StoreError CONFLICT when something else has that name; INVALID_INPUT where no directory can be made
 */
export function activateIn(store: Store, profile: ProfileName): void {
  const link = wantedLink(store, profile);
  const target = currentPath(store.layout, profile);
  if (link === undefined || isLink(link, target)) return;
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) throw taken(link, target);
  makeDirectory(dirname(link), { hint: ANOTHER_PLACE });
  replaceLink(target, link);
}

/** Takes the link away again. */
export function deactivateIn(store: Store, profile: ProfileName): void {
  const link = wantedLink(store, profile);
  if (link !== undefined && isLink(link, currentPath(store.layout, profile))) unlinkSync(link);
}

/** Where a person finds what is live: the link in the instdir when it is there, otherwise the live link itself. */
export function livePath(store: Store, profile: ProfileName): string {
  const link = wantedLink(store, profile);
  const target = currentPath(store.layout, profile);
  return link !== undefined && isLink(link, target) ? link : target;
}

function wantedLink(store: Store, profile: ProfileName): string | undefined {
  const directory = store.context.instDir ?? settingOf(store);
  return directory === "" ? undefined : join(resolve(directory), profile);
}

/** A file that was written by hand, or by an older version, can hold what would be refused now. */
function settingOf(store: Store): string {
  const directory = readSetting(store, "instdir");
  const reason = tooLong(directory);
  if (reason === undefined) return directory;
  throw new StoreError("INVALID_INPUT", `the setting instdir cannot be used: '${directory}' ${reason}`, {
    hint: "Set another directory with `store config instdir DIR`, or none with `store config instdir ''`.",
    details: { setting: "instdir", directory },
  });
}

const ANOTHER_PLACE =
  "Name another directory with --instdir or $STORE_INSTDIR, or with the setting: `store config instdir DIR`.";

function isLink(path: string, target: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === target;
}

function taken(link: string, target: string): StoreError {
  return new StoreError("CONFLICT", `${link} is there already, and does not lead to ${target}`, {
    hint: "Nothing was changed. Move it away, or name another --instdir.",
    details: { link, target },
  });
}
