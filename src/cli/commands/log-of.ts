import { recipeDirectories } from "../build-options.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "log-of",
  summary: "Print the log of a build",
  positionals: {
    what: {
      need: "one",
      describe: "A store path, an installed package, NAME or NAME@VERSION of what was built, or a path to its recipe",
      completes: "installed",
    },
  },
  options: {},
  examples: [
    ["store log-of mpfr", "prints the log of the newest build of mpfr, also one that failed"],
    ["store log-of mpfr@4.2.0", "the same of this version"],
  ],
  json: "{key, record, outcome, log}",
  async run(context, args) {
    const { buildLogOf } = await import("../../operations/building/build-log-of.ts");
    const store = await context.openStore();
    const asked = { what: args.what, cwd: context.cwd, recipes: recipeDirectories(context) };
    const { key, record, outcome, text } = buildLogOf(store, context.profile, asked);
    const log = text.toString("utf8");
    if (context.global.json) context.output.result({ key, record: record ?? null, outcome, log }, () => []);
    else context.output.text(log);
    if (outcome === "interrupted") context.output.note(() => "this build was interrupted: the log ends where it was");
    return undefined;
  },
});
