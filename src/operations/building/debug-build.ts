import { debugBuild } from "../../build/debug-spec.ts";
import { probeSandbox } from "../../build/sandbox/probe-sandbox.ts";
import { StoreError } from "../../errors.ts";
import { failedTreePath, hasFailedTree, listFailedLogs } from "../../store/failed-builds.ts";
import type { Store } from "../../store/open-store.ts";
import { openWorkspace } from "../workspace.ts";
import { type AskedBuild, isAsked } from "./asked-build.ts";

/**
 * Opens a shell in the newest failed build of a package, a version or a recipe whose tree was kept; returns the shell's exit
 * status.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE
 */
export async function debugFailedBuild(store: Store, asked: AskedBuild): Promise<number> {
  const name = asked.what;
  const builds = listFailedLogs(store).filter(isAsked(asked));
  const failed = builds.find(({ key }) => hasFailedTree(store, key));
  if (!failed) {
    const last = builds[0]?.interrupted ? `the last build of '${name}' was interrupted; ` : "";
    throw new StoreError("NOT_FOUND", `${last}no tree of a failed build of '${name}' was kept`, {
      hint: `Build it again with --keep-failed, then run \`store debug ${name}\`.`,
      details: { name },
    });
  }
  using workspace = openWorkspace(store);
  const path = store.context.env.PATH ?? "";
  const probe = await probeSandbox({ path, platform: process.platform, directory: workspace.room().path });
  return await debugBuild(failedTreePath(store, failed.key), probe.available ? probe.tools : undefined);
}
