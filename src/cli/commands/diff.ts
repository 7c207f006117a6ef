import { defineCommand } from "../command.ts";
import { differenceLines } from "../output/show-change.ts";
import { withPaths } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "diff",
  summary: "Show how the packages of two generations differ",
  positionals: {
    from: { need: "one", describe: "A generation, as for `store switch`", completes: "selector" },
    to: { need: "optional", describe: "Another one; the live one unless given", completes: "selector" },
  },
  options: {},
  examples: [
    ["store diff gen-3", "shows what came and went from gen-3 until now"],
    ["store diff gen-3 gen-7", "compares two generations"],
    ['store diff "2 hours ago"', "shows what changed since then"],
  ],
  json: "{from, to, added[], removed[], upgraded[{name, from, to}]}",
  async run(context, args) {
    const { diffGenerations } = await import("../../operations/diff.ts");
    const store = await context.openStore();
    const difference = await diffGenerations(store, context.profile, { from: args.from, to: args.to });
    context.output.result(withPaths(store, difference), (style) => {
      const lines = differenceLines(difference, style);
      const between = `gen-${difference.from} ${style.arrow} gen-${difference.to}`;
      return [style.paint("strong", between), ...(lines.length === 0 ? ["no difference"] : lines)];
    });
    return undefined;
  },
});
