import { defineCommand } from "../command.ts";
import { showSwitch, showSwitchPlan } from "../output/show-switch.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "switch",
  summary: "Make another generation of the profile the live one",
  details:
    "SELECTOR: gen-41 or 41; -1 and +1 (the one before and after); - (the one that was live before); #57 (what " +
    "transaction 57 made live); tag:NAME; or a time: 2026-11-20T18:00, yesterday, yesterday 18:00, 2 hours ago, 3d.",
  positionals: {
    selector: { need: "some", describe: "Which generation; several words are read as one", completes: "selector" },
  },
  options: {
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
  },
  examples: [
    ["store switch gen-3", "makes gen-3 live"],
    ["store switch -", "goes to the generation that was live before"],
    ["store switch 2 hours ago", "goes to what was live then"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[], madeFrom?, wasDeleted?}; with --dry-run also fetch[] and build[]",
  changes: true,
  async run(context, args) {
    const { switchGeneration } = await import("../../operations/profiles/switch.ts");
    const selector = args.selector.join(" ");
    const dryRun = args["dry-run"];
    const store = await context.openStore();
    const change = await switchGeneration(
      store,
      context.profile,
      { selector },
      { ...context.run, ...targetOptions(context, args), dryRun },
    );
    if (dryRun) showSwitchPlan(context, store, change);
    else showSwitch(context, store, change);
    return undefined;
  },
});
