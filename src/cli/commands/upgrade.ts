import { BUILD_OPTIONS, buildSettings } from "../build-options.ts";
import { CHECK_OPTION, generationCheck } from "../check-option.ts";
import { defineCommand } from "../command.ts";
import { showChange, showPlan } from "../output/show-change.ts";
import { SOURCE_OPTIONS, sourceInput } from "../package-options.ts";

export const command = defineCommand({
  name: "upgrade",
  summary: "Look again at what packages were installed from, and take what is new",
  details:
    "A package that was installed by its store path stays as it is, and so does, with a warning, one whose recipe is not given or whose file or directory is gone.",
  positionals: {
    name: { need: "any", describe: "Names of installed packages; without any, all", completes: "installed" },
  },
  options: {
    "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" },
    ...CHECK_OPTION,
    ...SOURCE_OPTIONS,
    ...BUILD_OPTIONS,
  },
  examples: [
    ["store upgrade", "upgrades all packages as one change"],
    ["store upgrade --check ./smoke.sh", "upgrades, but only if the script succeeds with the new packages"],
    ["store upgrade prettier --dry-run", "shows what one upgrade would change"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[{name, from, to}], adjusted?[{name, from, to}]}; with --dry-run also fetch[] and build[]",
  changes: true,
  isLong: true,
  async run(context, args) {
    const input = { ...sourceInput(args, context.cwd), build: buildSettings(args, context) };
    const request = { profile: context.profile, names: args.name, input, check: generationCheck(args, context) };
    const store = await context.openStore();
    if (args["dry-run"]) {
      const { planUpgrade } = await import("../../operations/history/plan.ts");
      showPlan(context, store, await planUpgrade(store, request, context.run));
      return undefined;
    }
    const { upgrade } = await import("../../operations/profiles/upgrade.ts");
    showChange(context, store, await upgrade(store, request, context.run), "rollback");
    return undefined;
  },
});
