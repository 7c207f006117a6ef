import { PLAN_OPTIONS, planSettings } from "../build-options.ts";
import { defineCommand } from "../command.ts";
import { MIRROR_OPTION } from "../fetch-options.ts";
import { printable } from "../output/printable.ts";

export const command = defineCommand({
  name: "fetch",
  summary: "Download the sources of packages and of all that they need",
  details: "Afterwards `store build --offline` needs no network. Of a source without integrity it tells the right one.",
  positionals: {
    spec: {
      need: "some",
      describe: "NAME, NAME@VERSION, NAME+OPTION~OPTION, or a path to a recipe",
      completes: "path",
    },
  },
  options: { ...PLAN_OPTIONS, ...MIRROR_OPTION },
  examples: [["store fetch --recipes ./recipes pari", "downloads what a build of pari needs"]],
  json: "[{package, fileName, url, integrity}]",
  isLong: true,
  async run(context, args) {
    const { fetchSources } = await import("../../operations/building/fetch-sources.ts");
    const store = await context.openStore({ create: true });
    const fetched = await fetchSources(store, { ...planSettings(args, context), specs: args.spec }, context.run);
    context.output.result(fetched, () =>
      fetched.map((each) => printable(`${each.package}  ${each.fileName}  ${each.integrity}  ${each.url}`)),
    );
    return undefined;
  },
});
