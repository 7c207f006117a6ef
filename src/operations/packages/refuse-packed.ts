import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import type { Origin } from "../../model/manifest.ts";
import { parseRepro, REPRO_FILE } from "../../model/repro.ts";
import { printableUrl } from "../../sources/printable-url.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { readPackedManifest } from "../../store/packed-manifest.ts";
import { readGivenText } from "../../system/atomic-file.ts";

interface Given {
  readonly file: string;
  /** What was asked for. */
  readonly from: string;
  readonly origin: Origin;
}

/** What is packed is an object of a store, with its own name: the archive around it is no package. */
export function refusePackedObject({ layout }: Store, given: Given): void {
  const packed = readPackedManifest(given.file);
  if (!packed) return;
  const { download, place } = locally(given);
  throw new StoreError("INVALID_INPUT", `${printableUrl(given.from)} is a packed object, ${packed.path}`, {
    hint: `${download}\`store archive import ${place}\` adds it, and \`store install ${objectPath(layout, packed.path)}\` installs it.`,
    details: { file: printableUrl(given.from), object: packed.path },
  });
}

/** Nor is what `store repro` packs a package: it is a build that can be carried out. `tree` is what was unpacked. */
export function refusePackedBuild(tree: string, given: Given): void {
  const build = packedBuildIn(tree);
  if (build === undefined) return;
  const { download, place } = locally(given);
  throw new StoreError(
    "INVALID_INPUT",
    `${printableUrl(given.from)} is a build of ${build} that \`store repro\` packed`,
    {
      hint: `${download}\`store build ${place}\` carries it out, and \`store install PATH\` installs what that prints.`,
      details: { file: printableUrl(given.from), build },
    },
  );
}

function packedBuildIn(tree: string): string | undefined {
  try {
    const text = readGivenText(join(tree, REPRO_FILE));
    return text === undefined ? undefined : parseRepro(text, REPRO_FILE).id;
  } catch {
    // A file of another kind that happens to have this name.
    return undefined;
  }
}

function locally({ from, origin }: Given): { readonly download: string; readonly place: string } {
  return origin.kind === "url" ? { download: "Download it. ", place: "FILE" } : { download: "", place: from };
}
