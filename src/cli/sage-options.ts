import { statSync } from "node:fs";
import { resolve } from "node:path";
import { StoreError } from "../errors.ts";
import type { SageOptions } from "../recipes/open-recipes.ts";
import { isMirrorUrl } from "../recipes/sage/read-package.ts";
import type { OptionSpecs, Values } from "./command.ts";
import type { CommandContext } from "./context.ts";

const SAGE = "Packages of Sage trees";

/** For commands that read recipes with `--recipes sage:DIR`. */
export const SAGE_OPTIONS = {
  strict: {
    type: "boolean",
    describe: "Let what a package needs behind the | of its dependencies count for rebuilding, too",
    group: SAGE,
  },
  "sage-mirror": {
    type: "string",
    value: "PLACE",
    many: true,
    completes: "directory",
    describe: "Look for tarballs in PLACE, a directory or a URL; can be repeated ($STORE_SAGE_MIRRORS)",
    group: SAGE,
  },
} as const satisfies OptionSpecs;

type SageValues = Values<Record<never, never>, typeof SAGE_OPTIONS>;

/**
 * How Sage trees are read, as the options say.
 * @throws StoreError NOT_FOUND for a mirror of the command that is none
 */
export function sageSettings(args: SageValues, { cwd, env }: Pick<CommandContext, "cwd" | "env">): SageOptions {
  const named = args["sage-mirror"].map((text) => mirrorAt(cwd, text));
  for (const place of named) requireMirror(place);
  const standing = (env.STORE_SAGE_MIRRORS ?? "").split(/\s+/).filter((each) => each !== "");
  return { strict: args.strict, mirrors: named.length > 0 ? named : standing.map((text) => mirrorAt(cwd, text)) };
}

function mirrorAt(cwd: string, text: string): string {
  return isMirrorUrl(text) ? text : resolve(cwd, text);
}

/** A word that was mistyped must not pass for a directory that has nothing; one that always stands there may be away. */
function requireMirror(place: string): void {
  if (isMirrorUrl(place) || statSync(place, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new StoreError("NOT_FOUND", `the mirror ${place} of --sage-mirror is neither a URL nor a directory`, {
    hint: "Give an http(s) URL, or a directory that holds tarballs.",
  });
}
