import { realpathSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import type { Layout } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";

/**
 * A tree that holds the store would be copied into itself, and what lies in the store's own directories comes and goes.
 * Objects, what a repair put aside, and trees of failed builds can be added.
 * @throws StoreError INVALID_INPUT
 */
export function checkSourcePlace({ layout }: Store, path: string): void {
  const real = realpathSync(path);
  const { root, admin } = layout;
  const held = [root, admin].find((place) => isWithin(place, real));
  if (held !== undefined) {
    const what = held === root ? "the store" : "the administration of the store";
    throw new StoreError("INVALID_INPUT", `${path} contains ${what}, ${held}`, {
      hint: "Name the directories in it that you want to add, one by one, or a copy without the store.",
      details: { path, root },
    });
  }
  if (real !== layout.storeDir && !workingDirectories(layout).some((place) => isWithin(real, place))) return;
  throw new StoreError("INVALID_INPUT", `${path} is a part of the store at ${root}`, {
    hint: "Objects of the store can be added, each by its path; for anything else name a copy.",
    details: { path, root },
  });
}

function workingDirectories(layout: Layout): readonly string[] {
  const { temporary, trash, locks, files, manifests, sources, twins, archives } = layout;
  const { profiles, log, index, roots, buildLogs, migration } = layout;
  return [
    ...[temporary, trash, locks, files, manifests, sources, twins, archives],
    ...[profiles, log, index, roots, buildLogs, migration],
  ];
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
