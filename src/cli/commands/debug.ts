import { recipeDirectories } from "../build-options.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "debug",
  summary: "Open a shell where a build failed",
  details:
    "The same sandbox, environment and files as in the failed phase, in the directory where it began; the tree must have been kept with --keep-failed. The exit status is that of the shell.",
  positionals: { name: { need: "one", describe: "The package: NAME, NAME@VERSION, or a path to its recipe" } },
  options: {},
  examples: [
    ["store debug mpfr", "opens a shell in the newest failed build of mpfr"],
    ["store debug mpfr@4.2.0", "the same of this version"],
  ],
  json: "nothing",
  async run(context, args) {
    const { debugFailedBuild } = await import("../../operations/building/debug-build.ts");
    const asked = { what: args.name, cwd: context.cwd, recipes: recipeDirectories(context) };
    return await debugFailedBuild(await context.openStore(), asked);
  },
});
