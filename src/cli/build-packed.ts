import { resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { isReproFileName } from "../model/repro.ts";
import { buildRepro, type ReproducedBuild } from "../operations/building/build-repro.ts";
import type { BuildSettings } from "../operations/building/build-settings.ts";
import type { Store } from "../store/open-store.ts";
import { detectContainer } from "../system/archive/detect-archive.ts";
import { packedFile } from "../system/archive/packed-file.ts";
import type { CommandContext } from "./context.ts";
import { reproLines } from "./output/repro-lines.ts";

interface PackedRequest {
  readonly spec: readonly string[];
  readonly settings: BuildSettings;
  readonly check: boolean;
  readonly "dry-run": boolean;
  readonly "out-link": string | undefined;
}

/** Whether a file is one of `store repro`, by its name or, whatever it is called, its content: no recipe is compressed. */
export function isPackedBuild(text: string, cwd: string): boolean {
  if (isReproFileName(text)) return true;
  try {
    return detectContainer(packedFile(resolve(cwd, text))) === "gzip";
  } catch {
    // Not there, or not readable: who looks for a recipe there tells.
    return false;
  }
}

/**
 * Builds what `store repro` packed, one file after the other.
 * @throws StoreError USAGE for what can only be done with recipes
 */
export async function buildPacked(context: CommandContext, store: Store, request: PackedRequest): Promise<void> {
  const { spec: files, settings } = request;
  const refused = (["check", "dry-run", "out-link"] as const).find((name) => request[name]);
  if (refused !== undefined || !files.every((file) => isPackedBuild(file, context.cwd))) {
    const what = refused === undefined ? "recipes in one command" : `--${refused}`;
    throw new StoreError("USAGE", `files of \`store repro\` cannot be built with ${what}`, {
      hint: "Build them with a command of their own: `store build FILE`.",
    });
  }
  const built: ReproducedBuild[] = [];
  for (const file of files) {
    const each = await buildRepro(store, { ...settings, file }, context.run);
    built.push(each);
    for (const line of reproLines(each)) context.output.note(() => line);
  }
  context.output.result(built, () => built.map(({ path }) => path));
}
