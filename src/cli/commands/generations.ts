import { defineCommand } from "../command.ts";
import { generationLines } from "../output/generation-lines.ts";
import { formatCount } from "../output/quantities.ts";
import { withPath } from "../output/with-paths.ts";
import { parseCount } from "../parse-quantity.ts";

/** How many of the newest people are shown. */
const SHOWN = 100;

export const command = defineCommand({
  name: "generations",
  summary: "List the generations of the profile",
  details:
    "The live one is marked with *. People are shown the last 100 (and the live one) unless they ask for more, programs " +
    "all.",
  positionals: {},
  options: {
    count: { type: "string", alias: "n", value: "N", parse: parseCount, describe: "The last N, and the live one" },
    all: { type: "boolean", describe: "All, however many there are" },
  },
  examples: [
    ["store generations", "shows a table"],
    ["store generations -n 10", "shows the last ten"],
    ["store generations -p work --json", "shows those of another profile for a program"],
  ],
  json: "[{generation, created, parent, current, pinned, tags[], reason, transaction, packages[]}]",
  async run(context, args) {
    const { countGenerations, generations } = await import("../../operations/list.ts");
    const store = await context.openStore();
    const last = args.all ? undefined : (args.count ?? (context.global.json ? undefined : SHOWN));
    const found = generations(store, context.profile, { last });
    const value = found.map((item) => ({ ...item, packages: item.packages.map((each) => withPath(store, each)) }));
    context.output.result(value, (style) => generationLines(found, { style, now: context.now() }));
    const hidden = found.length < SHOWN ? 0 : countGenerations(store, context.profile) - found.length;
    if (hidden > 0) context.output.note(() => `${formatCount(hidden, "generation")} more: store generations --all`);
    return undefined;
  },
});
