import { defineCommand } from "../command.ts";
import { forcedSteps, parseTransaction, STEPS_FORCE } from "../force-option.ts";
import { showUndone } from "../show-undone.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "undo",
  summary: "Take one transaction back and keep what later ones did",
  details:
    "What later transactions changed stays. When one of them changed the same packages again, or added files that a package that comes back has too, nothing is done (status 4); with --force=sequence the packages of the transaction become what they were before it. A switch or rollback that nothing has followed is undone by a switch to where it came from. Undone can also be pins and checkpoints, and what undo itself did.",
  positionals: {
    transaction: { need: "one", describe: "Its number: 57 or '#57', in quotes", completes: "transaction" },
  },
  options: {
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
    ...STEPS_FORCE,
  },
  examples: [
    ["store undo 57", "takes back what transaction 57 did, as a new generation"],
    ["store undo '#57' --dry-run", "shows what that would change"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[], mark?}; with --dry-run also fetch[] and build[]",
  changes: true,
  isLong: true,
  async run(context, args) {
    const { undo } = await import("../../operations/history/undo.ts");
    const dryRun = args["dry-run"];
    const request = { transaction: parseTransaction(args.transaction), ...forcedSteps(args) };
    const store = await context.openStore();
    const change = await undo(store, context.profile, request, {
      ...context.run,
      ...targetOptions(context, args),
      dryRun,
    });
    showUndone(context, store, { change, dryRun });
    return undefined;
  },
});
