import { basename, dirname } from "node:path";
import type { Place } from "../model/recipe/place.ts";
import type { Patch, Source } from "../model/recipe.ts";
import { either, objectOf, oneOrMore, variantsOf } from "./collection-readers.ts";
import { boolean, described, integer, mapped, type Reader } from "./reader.ts";
import { condition, integrity, pathTemplate, platforms as platformPatterns, urlTemplate } from "./text-readers.ts";

const placing = {
  fileName: described(pathTemplate, "The name under which the build finds the source in $src."),
  to: described(pathTemplate, "The directory of the build directory into which the source goes; its top when missing."),
  strip: described(
    integer({ what: "strip", maximum: 20 }),
    "How many leading directories of an archive fall away; when missing one that stands alone does.",
  ),
  unpack: described(boolean("unpack"), "false keeps an archive packed."),
  when: described(condition, "The source is used only if this holds."),
};

/** A wrong integrity must not be reported as a missing one too: any text keeps its place. */
const integrityOrNone: Reader<string> = {
  ...integrity,
  read: (tree, findings) => integrity.read(tree, findings) ?? "",
};

const fetchedFields = objectOf("a fetched source", {
  fields: {
    url: described(
      oneOrMore("url", urlTemplate),
      "Where the source comes from; of a list, the first place that has it.",
    ),
    integrity: described(integrityOrNone, "sha256-<base64>: what the content must be."),
    ...placing,
  },
  required: ["url"],
});

/** Whether a missing integrity is a mistake is decided when the whole recipe is checked. */
const fetched = { ...fetchedFields, schema: { ...fetchedFields.schema, required: ["url", "integrity"] } };

const local = objectOf("a source beside the recipe", {
  fields: { path: described(pathTemplate, "A file or directory beside the recipe, taken by content."), ...placing },
  required: ["path"],
});

const worktree = objectOf("a working tree", {
  fields: {
    worktree: described(pathTemplate, "A directory taken by content, without what git ignores."),
    ...placing,
  },
  required: ["worktree"],
});

export const source: Reader<Source> = variantsOf("a source", {
  url: mapped(
    fetched,
    ({ url: urls, ...rest }): Source | undefined => urls && { kind: "fetched", urls, unpack: true, ...rest },
  ),
  path: mapped(
    local,
    ({ path, ...rest }): Source | undefined =>
      path && { kind: "path", path, beside: recipeDirectoryOf(rest.at), unpack: true, ...rest },
  ),
  worktree: mapped(
    worktree,
    ({ worktree: path, ...rest }): Source | undefined => path && { kind: "worktree", path, unpack: true, ...rest },
  ),
});

const patchObject = objectOf("a patch", {
  fields: {
    file: described(pathTemplate, "A file or glob beside the recipe."),
    strip: described(integer({ what: "strip", maximum: 20 }), "The -p of patch(1); 1 when missing."),
    platform: described(platformPatterns, "The patch is applied on these platforms only."),
    when: described(condition, "The patch is applied only if this holds."),
  },
  required: ["file"],
});

export const patch: Reader<Patch> = either(
  mapped(pathTemplate, (file): Patch => {
    const at = { file: file.where.file, line: 1, column: 1, ...file.where.lines[0] };
    return { file, beside: recipeDirectoryOf(at), strip: 1, platforms: [], at };
  }),
  mapped(
    patchObject,
    ({ file, platform: platforms = [], ...rest }): Patch | undefined =>
      file && { file, beside: recipeDirectoryOf(rest.at), strip: 1, platforms, ...rest },
  ),
);

/** The name of the recipe directory in which the file of `place` lies. */
function recipeDirectoryOf({ file }: Place): string {
  return basename(dirname(file));
}
