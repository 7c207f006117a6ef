import { resolve } from "node:path";
import type { SageOptions } from "../recipes/open-recipes.ts";
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

/** How Sage trees are read, as the options say. */
export function sageSettings(args: SageValues, { cwd, env }: Pick<CommandContext, "cwd" | "env">): SageOptions {
  const named = args["sage-mirror"];
  const mirrors = named.length > 0 ? named : (env.STORE_SAGE_MIRRORS ?? "").split(/\s+/).filter((each) => each !== "");
  return { strict: args.strict, mirrors: mirrors.map((place) => (isUrl(place) ? place : resolve(cwd, place))) };
}

function isUrl(place: string): boolean {
  return /^(?:https?|file):/.test(place);
}
