import { defineCommand } from "../command.ts";
import { diffLines } from "../output/diff-lines.ts";
import { withPaths } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "diff",
  summary: "Show how the packages of two generations differ",
  details:
    "Packages differ by name, version, options or content; of what was built from a recipe it is told what made the " +
    "build another one. Sizes are those of everything that the packages need.",
  positionals: {
    from: { need: "one", describe: "A generation or a time, as for `store switch`", completes: "selector" },
    to: { need: "optional", describe: "Another one; the live one unless given", completes: "selector" },
  },
  options: { files: { type: "boolean", describe: "Also list the files that were added, removed and changed" } },
  examples: [
    ["store diff gen-3", "shows what came and went from gen-3 until now"],
    ["store diff gen-3 gen-7 --files", "compares two generations, file by file"],
    ['store diff "2 hours ago"', "shows what changed since then"],
  ],
  json: "{from, to, added[], removed[], upgraded[{name, from, to, because[]}], adjusted?[{name, from, to}], closure: {from, to}}; with --files also files: {added[], removed[], changed[]}",
  async run(context, args) {
    const { diffGenerations } = await import("../../operations/history/diff.ts");
    const store = await context.openStore();
    const difference = await diffGenerations(store, context.profile, args);
    context.output.result(withPaths(store, difference), (style) => diffLines(difference, style));
    return undefined;
  },
});
