import { resolve } from "node:path";
import { defineCommand } from "../command.ts";
import { forcedSteps, STEPS_FORCE } from "../force-option.ts";
import { showUndone } from "../show-undone.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "replay",
  summary: "Do in this profile what a journal recorded in another one",
  details:
    "The journal is one that --tracking-journal or `store journal` wrote, in this store or another one. Its packages must " +
    "be in this store or be had again, and what it upgraded or removed must be installed as it was there; --force=sequence makes the " +
    "packages what the journal says whatever is installed.",
  positionals: { file: { need: "one", describe: "The journal; - is standard input", completes: "path" } },
  options: {
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
    ...STEPS_FORCE,
  },
  examples: [
    ["store replay upgrade.journal -p work", "does the same in the profile work"],
    ["store replay - --root /other/store", "does in another store what `store journal '#57'` prints"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[]}; with --dry-run also fetch[] and build[]",
  changes: true,
  isLong: true,
  async run(context, args) {
    const { replay } = await import("../../operations/history/journals.ts");
    const dryRun = args["dry-run"];
    const file = args.file === "-" ? "-" : resolve(context.cwd, args.file);
    const store = await context.openStore({ create: true });
    const request = { file, ...forcedSteps(args) };
    const change = await replay(store, context.profile, request, {
      ...context.run,
      ...targetOptions(context, args),
      dryRun,
    });
    showUndone(context, store, { change, dryRun });
    return undefined;
  },
});
