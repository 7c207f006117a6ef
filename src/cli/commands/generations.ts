import { defineCommand } from "../command.ts";
import { generationLines } from "../output/generation-lines.ts";
import { withPath } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "generations",
  summary: "List the generations of the profile",
  details: "The live one is marked with *.",
  positionals: {},
  options: {},
  examples: [
    ["store generations", "shows a table"],
    ["store generations -p work --json", "shows those of another profile for a program"],
  ],
  json: "[{generation, created, parent, current, pinned, tags[], reason, transaction, packages[]}]",
  async run(context) {
    const { generations } = await import("../../operations/list.ts");
    const store = await context.openStore();
    const found = generations(store, context.profile);
    const value = found.map((item) => ({ ...item, packages: item.packages.map((each) => withPath(store, each)) }));
    context.output.result(value, (style) => generationLines(found, { style, now: context.now() }));
    return undefined;
  },
});
