import { defineCommand } from "../command.ts";
import { showChange, showPlan } from "../output/show-change.ts";

export const command = defineCommand({
  name: "remove",
  aliases: ["uninstall"],
  summary: "Take packages out of the profile",
  details: "They stay in the store, and in the generations that have them.",
  positionals: { name: { need: "some", describe: "Names of installed packages", completes: "installed" } },
  options: { "dry-run": { type: "boolean", describe: "Show what would change, and change nothing" } },
  examples: [
    ["store remove m4", "makes a generation without m4"],
    ["store remove m4 zlib --dry-run", "shows what that would change"],
  ],
  json: "{transaction, profile, from, to, changed, added[], removed[], upgraded[]}; with --dry-run also fetch[] and build[]",
  changes: true,
  isLong: true,
  async run(context, args) {
    const request = { profile: context.profile, names: args.name };
    const store = await context.openStore();
    if (args["dry-run"]) {
      const { planRemove } = await import("../../operations/history/plan.ts");
      showPlan(context, store, planRemove(store, request));
      return undefined;
    }
    const { remove } = await import("../../operations/profiles/remove.ts");
    showChange(context, store, await remove(store, request, context.run), "rollback");
    return undefined;
  },
});
