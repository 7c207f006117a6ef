import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "log-of",
  summary: "Print the log of a build",
  positionals: {
    what: {
      need: "one",
      describe: "A store path, an installed package, or the name of a recipe",
      completes: "installed",
    },
  },
  options: {},
  examples: [["store log-of mpfr", "prints the log of the newest build of mpfr, also one that failed"]],
  json: "{key, record, outcome, log}",
  async run(context, args) {
    const { buildLogOf } = await import("../../operations/building/build-log-of.ts");
    const store = await context.openStore();
    const { key, record, outcome, text } = buildLogOf(store, context.profile, { what: args.what, cwd: context.cwd });
    const log = text.toString("utf8");
    if (context.global.json) context.output.result({ key, record: record ?? null, outcome, log }, () => []);
    else context.output.text(log);
    if (outcome === "interrupted") context.output.note(() => "this build was interrupted: the log ends where it was");
    return undefined;
  },
});
