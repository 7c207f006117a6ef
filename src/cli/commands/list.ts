import { defineCommand } from "../command.ts";
import { packageLines } from "../output/package-lines.ts";
import { withPath } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "list",
  summary: "List the packages of the live generation, or of another one",
  positionals: {
    selector: { need: "any", describe: "Which generation, as for `store switch`", completes: "selector" },
  },
  options: {},
  examples: [
    ["store list", "lists what is installed"],
    ["store list -1", "lists what the generation before has"],
    ["store list yesterday", "lists what was live at the end of yesterday"],
  ],
  json: "[{name, version, options, path, priority, requested}]",
  endsAtOnce: () => true,
  async run(context, args) {
    const { listPackages } = await import("../../operations/packages/list.ts");
    const selector = args.selector.length === 0 ? undefined : args.selector.join(" ");
    const store = await context.openStore();
    const packages = await listPackages(store, context.profile, { selector });
    const value = packages.map((item) => withPath(store, item));
    context.output.result(value, (style) => packageLines(packages, style));
    return undefined;
  },
});
