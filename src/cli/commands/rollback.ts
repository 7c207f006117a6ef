import { defineCommand } from "../command.ts";
import { showPlan, showSwitch } from "../output/show-change.ts";
import { parseCount } from "../parse-quantity.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "rollback",
  summary: "Go back to the generation that the live one was made from",
  positionals: {},
  options: {
    steps: { type: "string", alias: "n", value: "N", parse: parseCount, describe: "Go back N generations (1)" },
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
  },
  examples: [
    ["store rollback", "takes the last change back"],
    ["store rollback -n 3", "takes three changes back"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[]}",
  async run(context, args) {
    const { rollback } = await import("../../operations/switch.ts");
    const dryRun = args["dry-run"];
    const request = args.steps === undefined ? {} : { steps: args.steps };
    const store = await context.openStore();
    const change = await rollback(store, context.profile, request, {
      ...context.run,
      ...targetOptions(context, args),
      dryRun,
    });
    if (dryRun) showPlan(context, store, change);
    else showSwitch(context, store, change, "switch -");
    return undefined;
  },
});
