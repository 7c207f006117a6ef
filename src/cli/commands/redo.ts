import { defineCommand } from "../command.ts";
import { forcedSteps, parseTransaction, STEPS_FORCE } from "../force-option.ts";
import { showUndone } from "../show-undone.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "redo",
  summary: "Do again what a transaction did, mostly one that was undone",
  details:
    "The packages must be as the transaction found them; --force=sequence makes them what it made them all the same.",
  positionals: {
    transaction: { need: "one", describe: "Its number: 57 or '#57', in quotes", completes: "transaction" },
  },
  options: {
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
    ...STEPS_FORCE,
  },
  examples: [
    ["store redo 57", "installs, upgrades and removes again what transaction 57 did"],
    ["store redo '#57' --dry-run", "shows what that would change"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[], mark?}; with --dry-run also fetch[] and build[]",
  changes: true,
  isLong: true,
  async run(context, args) {
    const { redo } = await import("../../operations/history/undo.ts");
    const dryRun = args["dry-run"];
    const request = { transaction: parseTransaction(args.transaction), ...forcedSteps(args) };
    const store = await context.openStore();
    const change = await redo(store, context.profile, request, {
      ...context.run,
      ...targetOptions(context, args),
      dryRun,
    });
    showUndone(context, store, { change, dryRun });
    return undefined;
  },
});
