import { defineCommand } from "../command.ts";
import { reversalLines } from "../output/history-lines.ts";
import { withPaths } from "../output/with-paths.ts";
import { TARGET_OPTIONS, targetOptions } from "../target-options.ts";

export const command = defineCommand({
  name: "plan",
  summary: "Show what `store revert` would do, and change nothing",
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
  json: "{at, before, transaction: 0, profile, from, to, changed: false, added[], removed[], upgraded[{name, from, to}], fetch[], build[]}",
  async run(context, args) {
    const { planRevert } = await import("../../operations/revert.ts");
    const store = await context.openStore();
    const options = { ...context.run, ...targetOptions(context, args) };
    const plan = await planRevert(store, context.profile, { selector: args.selector.join(" ") }, options);
    const value = { ...withPaths(store, plan), fetch: [], build: [] };
    context.output.result(value, (style) => reversalLines(plan, style));
    return undefined;
  },
});
