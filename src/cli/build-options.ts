import { delimiter } from "node:path";
import { StoreError } from "../errors.ts";
import type { BuildSettings } from "../operations/building/build-settings.ts";
import type { OptionSpecs, Values } from "./command.ts";
import type { CommandContext } from "./context.ts";
import { fetchSettings } from "./fetch-options.ts";
import { parseCount, parseDuration, parseSize } from "./parse-quantity.ts";
import { SAGE_OPTIONS, sageSettings } from "./sage-options.ts";

const BUILDING = "How it is built";

/** For commands that look at what a build would be. */
export const PLAN_OPTIONS = {
  sandbox: {
    type: "string",
    value: "WHEN",
    choices: ["required", "auto", "off"],
    describe: "Build in a sandbox; WHEN is required, auto (where there is one) or off",
    group: BUILDING,
  },
  "run-tests": { type: "boolean", describe: "Run the test suites of the build systems, too", group: BUILDING },
  ...SAGE_OPTIONS,
} as const satisfies OptionSpecs;

/** For commands that may build packages from recipes. */
export const BUILD_OPTIONS = {
  jobs: {
    type: "string",
    alias: "j",
    value: "N",
    parse: parseCount,
    describe: "Run N jobs at once, over all builds and what they start (one per core)",
    group: BUILDING,
  },
  "keep-going": {
    type: "boolean",
    alias: "k",
    describe: "Build what can be built when something fails",
    group: BUILDING,
  },
  "keep-failed": { type: "boolean", describe: "Keep the tree of a failed build, for `store debug`", group: BUILDING },
  timeout: {
    type: "string",
    value: "TIME",
    parse: parseDuration,
    describe: "End a build that takes longer than TIME: 90 (seconds), 45m, 1h30m",
    group: BUILDING,
  },
  "silent-timeout": {
    type: "string",
    value: "TIME",
    parse: parseDuration,
    describe: "End a build that says nothing for TIME",
    group: BUILDING,
  },
  "max-log": {
    type: "string",
    value: "SIZE",
    parse: parseSize,
    describe: "End a build whose log becomes longer than SIZE",
    group: BUILDING,
  },
  "max-disk": {
    type: "string",
    value: "SIZE",
    parse: parseSize,
    describe: "End a build that takes more disk than SIZE",
    group: BUILDING,
  },
  define: {
    type: "string",
    value: "KEY=VALUE",
    many: true,
    parse: parseDefinition,
    describe: "Record KEY=VALUE with what is built; can be repeated",
    group: BUILDING,
  },
  ...PLAN_OPTIONS,
} as const satisfies OptionSpecs;

type PlanValues = Values<Record<never, never>, typeof PLAN_OPTIONS>;
type BuildValues = Values<Record<never, never>, typeof BUILD_OPTIONS>;

/** What is built, as the options say. */
export function planSettings(
  args: PlanValues & Parameters<typeof fetchSettings>[0],
  context: CommandContext,
): BuildSettings {
  return {
    ...fetchSettings(args, context),
    recipes: recipeDirectories(context),
    sage: sageSettings(args, context),
    sandbox: args.sandbox,
    check: args["run-tests"],
  };
}

/** How packages are built, as the options say. */
export function buildSettings(
  args: BuildValues & Parameters<typeof fetchSettings>[0],
  context: CommandContext,
): BuildSettings {
  return {
    ...planSettings(args, context),
    jobs: args.jobs,
    keepGoing: args["keep-going"],
    keepFailed: args["keep-failed"],
    timeoutSeconds: args.timeout,
    silentTimeoutSeconds: args["silent-timeout"],
    maxLogBytes: args["max-log"],
    maxDiskBytes: args["max-disk"],
    ...(args.define.length > 0 && { define: Object.fromEntries(args.define) }),
  };
}

/** `--recipes`, else `$STORE_RECIPES`: directories and `sage:` trees, separated as in PATH. */
export function recipeDirectories({ global, env }: Pick<CommandContext, "global" | "env">): readonly string[] {
  if (global.recipes.length > 0) return global.recipes;
  // The colon behind `sage` does not separate.
  const entries = (env.STORE_RECIPES ?? "")
    .split(delimiter)
    .join("\0")
    .replace(/(^|\0)sage\0/g, "$1sage:");
  return entries.split("\0").filter((entry) => entry !== "");
}

function parseDefinition(text: string): readonly [key: string, value: string] {
  const match = /^([A-Za-z_][A-Za-z0-9_.-]*)=(.*)$/s.exec(text);
  if (match) return [match[1] as string, match[2] as string];
  throw new StoreError("USAGE", `--define cannot be '${text}'`, { hint: "Write --define KEY=VALUE." });
}
