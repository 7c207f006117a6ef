import { defineCommand } from "../command.ts";
import { stateLines } from "../output/history-lines.ts";
import { withPath } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "state",
  summary: "Show what was installed at a time",
  details:
    "What was live in the profile then, as the log tells it, also when that generation was deleted since. A bare day " +
    "means its last state. Other names of generations are taken, too: gen-41, -1, -, #57, tag:NAME.",
  positionals: {},
  options: {
    at: { type: "string", value: "TIME", completes: "selector", describe: "TIME, as for `store switch` (now)" },
  },
  examples: [
    ['store state --at "2 hours ago"', "shows what was installed two hours ago"],
    ["store state --at yesterday", "shows yesterday's last state"],
    ["store state --at '#57' --json", "shows for a program what there was behind transaction 57"],
  ],
  json: "{at, profile, generation, uncertain, packages[{name, version, options, path}]}",
  endsAtOnce: () => true,
  async run(context, { at }) {
    const { stateAt } = await import("../../operations/history/state-at.ts");
    const store = await context.openStore();
    const state = await stateAt(store, context.profile, { selector: at });
    const value = { ...state, packages: state.packages.map((item) => withPath(store, item)) };
    context.output.result(value, (style) => stateLines(state, style));
    return undefined;
  },
});
