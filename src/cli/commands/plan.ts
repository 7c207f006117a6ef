import { defineCommand } from "../command.ts";
import { reversalLines } from "../output/history-lines.ts";
import { switchPlanValue } from "../output/show-switch.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "plan",
  summary: "Show what `store revert` would do, and change nothing",
  details:
    "Also what would be had again, and what would be downloaded and built for that. What revert refuses is refused here, " +
    "too; with --missing=remove the packages that would be left out are told.",
  positionals: {
    selector: {
      need: "some",
      describe: "A time or a generation, as for `store switch`; several words are read as one",
      completes: "selector",
    },
  },
  options: TARGET_OPTIONS,
  examples: [
    ["store plan yesterday", "shows what `store revert yesterday` would do"],
    ["store plan '#57'", "shows the way back to what transaction 57 made live"],
  ],
  json: "{at, before, transaction: 0, profile, from, to, changed: false, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}], phases: {removed[], restored[]}, obtained[{path, from, where}], fetch[{name, version, url, bytes?}], build[{name, version, options, certain, reason, expectedSeconds?, endsAfterSeconds?}], leftOut[], madeFrom?, wasDeleted?}",
  async run(context, args) {
    const { planRevert } = await import("../../operations/history/revert.ts");
    const store = await context.openStore();
    const options = { ...context.run, ...targetOptions(context, args) };
    const plan = await planRevert(store, context.profile, { selector: args.selector.join(" ") }, options);
    context.output.result(switchPlanValue(store, plan), (style) => reversalLines(plan, style));
    return undefined;
  },
});
