import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll } from "vitest";
import { removeTree } from "../../src/system/remove-tree.ts";
import { makeStoreWorld, type StoreWorld } from "./run-store.ts";
import { newDirectory } from "./worlds.ts";

/**
 * A maker of worlds that `fill` fills once. Each test gets a world of its own, a copy at the very same path, which the
 * store's log and records mention; so of one maker a test takes one world.
 */
export function keepWorld(fill: (world: StoreWorld) => void): () => StoreWorld {
  const kept = keepDirectory();
  return () => {
    const directory = kept.again();
    if (directory !== undefined) return makeStoreWorld({ directory });
    const world = makeStoreWorld();
    fill(world);
    kept.keep(world.directory);
    return world;
  };
}

/** A directory that tests of a file change and remove, and of which a copy stays until their end. */
export interface KeptDirectory {
  keep(directory: string): void;
  /** Puts the directory back where it was, and tells where; `undefined` when none is kept. */
  again(): string | undefined;
}

export function keepDirectory(): KeptDirectory {
  let kept: { readonly directory: string; readonly copy: string } | undefined;
  afterAll(() => kept && removeTree(kept.copy));
  return {
    keep(directory) {
      kept = { directory, copy: newDirectory(true) };
      copy(directory, join(kept.copy, "world"));
    },
    again() {
      if (kept) copy(join(kept.copy, "world"), kept.directory);
      return kept?.directory;
    },
  };
}

function copy(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}
