import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll } from "vitest";
import { removeTree } from "../../src/system/temporary-directory.ts";
import { makeStoreWorld, type StoreWorld } from "./run-store.ts";
import { newDirectory } from "./worlds.ts";

/**
 * A maker of worlds that `fill` fills once. Each test gets a world of its own, a copy at the very same path, which the
 * store's log and records mention; so of one maker a test takes one world.
 */
export function keepWorld(fill: (world: StoreWorld) => void): () => StoreWorld {
  let kept: { readonly directory: string; readonly copy: string } | undefined;
  afterAll(() => kept && removeTree(kept.copy));
  return () => {
    if (kept) {
      copy(join(kept.copy, "world"), kept.directory);
      return makeStoreWorld({ directory: kept.directory });
    }
    const world = makeStoreWorld();
    fill(world);
    kept = { directory: world.directory, copy: newDirectory() };
    copy(world.directory, join(kept.copy, "world"));
    return world;
  };
}

function copy(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}
