import { defineCommand } from "../command.ts";
import { rootLines } from "../output/root-lines.ts";

export const command = defineCommand({
  name: "roots",
  summary: "List everything that keeps objects from being collected",
  details:
    "Generations, names and links made by `store root add`, running commands of the store, and running processes that use objects.",
  positionals: {},
  options: {},
  examples: [["store roots", "shows what a collection would keep, and why"]],
  json: "[{kind, objects[], …}]; kind is generation, named, link, lease or process",
  async run(context) {
    const { roots } = await import("../../operations/collection/roots.ts");
    const found = roots(await context.openStore());
    context.output.result(found, () => rootLines(found));
    return undefined;
  },
});
