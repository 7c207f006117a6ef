import { resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import { isArchiveName } from "../../model/recipe/archive-name.ts";
import type { BuiltPackage } from "../../operations/building/build.ts";
import { BUILD_OPTIONS, buildSettings } from "../build-options.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { FETCH_OPTIONS } from "../fetch-options.ts";

export const command = defineCommand({
  name: "build",
  summary: "Build packages from their recipes, with everything they need",
  details: "What is in the store already is reused. No profile changes; `store install` does both.",
  positionals: {
    spec: {
      need: "some",
      describe: "NAME, NAME@VERSION, NAME+OPTION~OPTION, a path to a recipe, or a file of `store repro`",
      completes: "path",
    },
  },
  options: {
    ...BUILD_OPTIONS,
    ...FETCH_OPTIONS,
    check: {
      type: "boolean",
      describe: "Build again and compare with what is in the store; status 1 when they differ",
    },
    "dry-run": { type: "boolean", describe: "Show what would be fetched and built, and why, and do nothing" },
    "out-link": {
      type: "string",
      alias: "o",
      value: "FILE",
      describe: "Make FILE a link to the output, that keeps it; of further ones FILE-2 and so on",
      completes: "path",
    },
  },
  examples: [
    ["store build --recipes ./recipes mpfr", "builds mpfr and what it needs"],
    ["store build -j4 -k 'pari+gui' mpc@1.3.1", "builds two packages, four jobs at once, as much as can be built"],
    ["store build xz -o result", "builds xz and keeps it while the link ./result is there"],
    ["store build --check xz", "tells whether xz builds the same a second time"],
  ],
  json: "[{path, baseName, name, version, options, key, built}], with --keep-going also when something failed, of what was asked for and is there; with --check [{id, path, same, differences[], reports[], unreported}]; with --dry-run as why-rebuild; of files also expected, same, hostDifferences[]",
  isLong: true,
  async recall(context, args) {
    if (args["dry-run"] || args.check || args["out-link"] !== undefined) return false;
    // What is not recorded is told of.
    if ((args.define ?? []).length > 0) return false;
    const { recallBuild } = await import("../../operations/building/recall-build.ts");
    const store = await context.openStore({ create: false });
    const built = recallBuild(store, { ...buildSettings(args, context), specs: args.spec });
    if (built) tell(context, built);
    return built !== undefined;
  },
  async run(context, args) {
    const request = { ...buildSettings(args, context), specs: args.spec };
    const store = await context.openStore({ create: true });
    if (args.spec.some((text) => text.includes("/") || isArchiveName(text))) {
      const { buildPacked, isPackedBuild } = await import("../build-packed.ts");
      if (args.spec.some((text) => isPackedBuild(text, context.cwd))) {
        await buildPacked(context, store, { ...args, settings: buildSettings(args, context) });
        return undefined;
      }
    }
    if (args["dry-run"]) {
      const { whyRebuild } = await import("../../operations/building/why-rebuild.ts");
      const { forecastLines } = await import("../output/rebuild-lines.ts");
      const reasons = await whyRebuild(store, request, context.run);
      context.output.result(reasons, (style) => forecastLines(reasons, style));
      return undefined;
    }
    if (args.check) {
      const { checkBuilds } = await import("../../operations/building/check-build.ts");
      const { checkLines } = await import("../output/rebuild-lines.ts");
      const { withPath } = await import("../output/with-paths.ts");
      const checks = await checkBuilds(store, request, context.run);
      const shown = checks.map((each) => withPath(store, each));
      context.output.result(shown, () => checkLines(checks));
      return checks.every(({ same }) => same) ? undefined : 1;
    }
    const { build } = await import("../../operations/building/build.ts");
    const outLink = args["out-link"] === undefined ? undefined : resolve(context.cwd, args["out-link"]);
    const built = await build(store, { ...request, outLink }, context.run).catch((error: unknown) => {
      // What went on being built is of use to whoever asked for that.
      if (args["keep-going"] && error instanceof StoreError && Array.isArray(error.details.built))
        tell(context, error.details.built);
      throw error;
    });
    tell(context, built);
    return undefined;
  },
});

function tell({ output }: CommandContext, built: readonly BuiltPackage[]): void {
  output.result(built, () => built.map(({ path }) => path));
}
