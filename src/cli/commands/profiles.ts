import { formatCount } from "../../model/format-count.ts";
import { defineCommand } from "../command.ts";
import { formatTable } from "../output/table.ts";

export const command = defineCommand({
  name: "profiles",
  summary: "List the profiles of the store",
  details: "The first `store install -p NAME …` makes a profile.",
  positionals: {},
  options: {},
  examples: [["store profiles", "shows each profile with its live generation"]],
  json: "[{profile, current, generations, packages}]",
  endsAtOnce: () => true,
  async run(context) {
    const { profiles } = await import("../../operations/packages/list.ts");
    const store = await context.openStore();
    const found = profiles(store);
    context.output.result(found, ({ paint }) =>
      formatTable(
        found.map(({ profile, current, generations, packages }) => [
          { text: profile === context.profile ? "*" : " ", paint: (text) => paint("current", text) },
          { text: profile, paint: (text) => paint("strong", text) },
          { text: `gen-${current}` },
          { text: formatCount(packages, "package") },
          { text: formatCount(generations, "generation") },
        ]),
      ),
    );
    return undefined;
  },
});
