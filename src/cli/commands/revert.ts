import { defineCommand } from "../command.ts";
import { reversalLines } from "../output/history-lines.ts";
import { showSwitch, switchPlanValue } from "../output/show-switch.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "revert",
  summary: "Go back to what was installed at a time",
  details:
    "Prints the time, the generation and the changes, as `store plan` does, and then makes them. A bare day means its " +
    "last state. Other names of generations are taken, too, as for `store switch`. `store --revert TIME` is the same.",
  positionals: {
    selector: {
      need: "some",
      describe: "A time or a generation, as for `store switch`; several words are read as one",
      completes: "selector",
    },
  },
  options: {
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...TARGET_OPTIONS,
  },
  examples: [
    ["store revert yesterday", "goes back to the last state of yesterday"],
    ["store revert 2 hours ago", "goes back to what was installed two hours ago"],
    ["store --revert yesterday", "is short for the first"],
  ],
  json: "{at, before, transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], leftOut[], madeFrom?, wasDeleted?}; with --dry-run also fetch[] and build[]",
  changes: true,
  async run(context, args) {
    const { planRevert, revert } = await import("../../operations/history/revert.ts");
    const request = { selector: args.selector.join(" ") };
    const options = { ...context.run, ...targetOptions(context, args) };
    const store = await context.openStore();
    const onPlan = (plan: Parameters<typeof reversalLines>[0]) => {
      if (!context.global.json) context.output.result(undefined, (style) => reversalLines(plan, style));
    };
    if (args["dry-run"]) {
      const plan = await planRevert(store, context.profile, request, options);
      context.output.result(switchPlanValue(store, plan), (style) => reversalLines(plan, style));
      return undefined;
    }
    const change = await revert(store, context.profile, request, { ...options, onPlan });
    if (context.global.json || change.changed) showSwitch(context, store, change, { isToldBefore: true });
    return undefined;
  },
});
