import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "debug",
  summary: "Open a shell where a build failed",
  details:
    "The same sandbox, environment and files as in the failed phase; the tree must have been kept with --keep-failed.",
  positionals: { name: { need: "one", describe: "The package" } },
  options: {},
  examples: [["store debug mpfr", "opens a shell in the newest failed build of mpfr"]],
  json: "nothing",
  async run(context, args) {
    const { debugFailedBuild } = await import("../../operations/building/debug-build.ts");
    const status = await debugFailedBuild(await context.openStore(), args.name);
    return status === 0 ? undefined : 1;
  },
});
