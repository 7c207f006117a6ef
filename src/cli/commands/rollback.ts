import { resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { forcedSteps, STEPS_FORCE } from "../force-option.ts";
import { showSwitch, showSwitchPlan } from "../output/show-switch.ts";
import { parseCount } from "../parse-quantity.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "rollback",
  summary: "Go back to the generation that the live one was made from",
  details:
    "With --journal: take back exactly what --tracking-journal recorded. When other changes came after it nothing is " +
    "done (status 4) and they are listed; --force=sequence takes it out of their middle.",
  positionals: {},
  options: {
    steps: { type: "string", alias: "n", value: "N", parse: parseCount, describe: "Go back N generations (1)" },
    journal: { type: "string", value: "FILE", completes: "path", describe: "Take back what the journal FILE recorded" },
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
    ...STEPS_FORCE,
  },
  examples: [
    ["store rollback", "takes the last change back"],
    ["store rollback -n 3", "takes three changes back"],
    ["store rollback --journal upgrade.journal", "takes back what this journal recorded"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[], madeFrom?, wasDeleted?}; with --dry-run also fetch[] and build[]; with --journal as undo",
  changes: true,
  async run(context, args) {
    const { journal, steps } = args;
    const dryRun = args["dry-run"];
    const options = { ...context.run, ...targetOptions(context, args), dryRun };
    if (journal !== undefined) {
      if (steps !== undefined)
        throw new StoreError("USAGE", "--journal and -n cannot stand together", { hint: NO_COUNT });
      const { rollbackJournal } = await import("../../operations/history/journals.ts");
      const { showUndone } = await import("../show-undone.ts");
      const request = { file: resolve(context.cwd, journal), ...forcedSteps(args) };
      const store = await context.openStore();
      showUndone(context, store, { change: await rollbackJournal(store, context.profile, request, options), dryRun });
      return undefined;
    }
    if (args.force.length > 0) throw new StoreError("USAGE", "--force is for --journal", { hint: NO_FORCE });
    const { rollback } = await import("../../operations/profiles/switch.ts");
    const store = await context.openStore();
    const change = await rollback(store, context.profile, steps === undefined ? {} : { steps }, options);
    if (dryRun) showSwitchPlan(context, store, change);
    else showSwitch(context, store, change);
    return undefined;
  },
});

const NO_COUNT = "A journal records one change: leave -n out.";
const NO_FORCE = "Going back to the parent depends on nothing: leave it out.";
