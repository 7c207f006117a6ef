import { BUILD_OPTIONS, buildSettings } from "../build-options.ts";
import { CHECK_OPTION, generationCheck } from "../check-option.ts";
import { defineCommand } from "../command.ts";
import { forceOption } from "../force-option.ts";
import { showChange, showPlan } from "../output/show-change.ts";
import { IDENTITY_OPTIONS, packageInputs, SOURCE_OPTIONS } from "../package-options.ts";
import { parsePriority } from "../parse-quantity.ts";

export const command = defineCommand({
  name: "install",
  summary: "Install packages in the profile, or replace those of the same name",
  details: "All packages of one command become one new generation, or none does.",
  positionals: {
    spec: {
      need: "some",
      describe: "A recipe, a directory, a file, an archive, a URL, npm:NAME@RANGE, or a store path",
      completes: "path",
    },
  },
  options: {
    priority: {
      type: "string",
      value: "N",
      parse: parsePriority,
      describe: "Give them priority N: where packages have the same file, the lower number wins (5)",
    },
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...forceOption("overwrite"),
    ...CHECK_OPTION,
    ...IDENTITY_OPTIONS,
    ...SOURCE_OPTIONS,
    ...BUILD_OPTIONS,
  },
  examples: [
    ["store install ./zlib-1.3.1.tar.gz", "installs from an archive"],
    ["store install npm:prettier@3 npm:semver", "installs two packages of the npm registry as one change"],
    ["store install ./other-awk --priority 4", "lets its files win over those of other packages"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}]}; with --dry-run also fetch[] and build[]",
  changes: true,
  isLong: true,
  async run(context, args) {
    const build = buildSettings(args, context);
    const packages = packageInputs(args.spec, args, context.cwd).map((input) => ({ ...input, build }));
    const check = generationCheck(args, context);
    const overwrite = args.force.includes("overwrite");
    const request = { profile: context.profile, packages, priority: args.priority, overwrite, check };
    const { expectArchives } = await import("../../operations/packages/expect-archives.ts");
    expectArchives(packages);
    const store = await context.openStore({ create: true });
    if (args["dry-run"]) {
      const { planInstall } = await import("../../operations/history/plan.ts");
      showPlan(context, store, await planInstall(store, request, context.run));
      return undefined;
    }
    const { install } = await import("../../operations/profiles/install.ts");
    showChange(context, store, await install(store, request, context.run), "rollback");
    return undefined;
  },
});
