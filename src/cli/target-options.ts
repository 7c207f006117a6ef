import type { TargetOptions } from "../operations/profiles/preflight.ts";
import { recipeDirectories } from "./build-options.ts";
import type { OptionSpecs, Values } from "./command.ts";
import type { CommandContext } from "./context.ts";
import { repositoryOptions } from "./repository-options.ts";

const TARGET = "When something is missing";

/** For commands that go to a state that was live before. */
export const TARGET_OPTIONS = {
  verify: { type: "boolean", describe: "Read every file of the target, not only whether it is there", group: TARGET },
  missing: {
    type: "string",
    value: "HOW",
    choices: ["remove"],
    describe: "What becomes of packages that cannot be had again; HOW is remove: leave them out, as a new generation",
    group: TARGET,
  },
  offline: {
    type: "boolean",
    describe: "Have missing packages again only from what is on this machine",
    group: TARGET,
  },
} as const satisfies OptionSpecs;

/**
 * What a switch does about objects that are missing: it looks wherever the command line and the settings say. Only then
 * is the working directory asked for: who stands in one that was removed can switch all the same.
 */
export function targetOptions(
  context: CommandContext,
  { verify, missing, offline }: Values<Record<never, never>, typeof TARGET_OPTIONS>,
): TargetOptions {
  const obtain = () => {
    const { cwd } = context;
    const rebuild = { cwd, offline, recipes: recipeDirectories(context) };
    return { ...repositoryOptions(context), offline, rebuild };
  };
  return { verify, missing, obtain };
}
