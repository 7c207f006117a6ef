import { StoreError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { generationLines } from "../output/generation-lines.ts";
import { withPath } from "../output/with-paths.ts";

export const command = defineCommand({
  name: "generations",
  summary: "List the generations of the profile, or delete some",
  details:
    "The live one is marked with *. delete PATTERN…: 1, gen-1, 1,8, a range (2..9, ..9, 2..), +5 (all but the last five), 30d (older; but not the one that was live then). The live one, pinned and named ones stay. What only deleted generations kept is freed by `store gc`.",
  positionals: {
    action: { need: "optional", describe: "delete; without it they are listed", choices: ["delete"] },
    pattern: { need: "any", describe: "delete: which ones" },
  },
  options: {
    "dry-run": { type: "boolean", alias: "n", describe: "delete: show which ones, and what could be freed then" },
  },
  examples: [
    ["store generations", "shows a table"],
    ["store generations -p work --json", "shows those of another profile for a program"],
    ["store generations delete +5", "deletes all but the last five"],
    ["store generations delete --dry-run 30d", "shows what would be deleted and what that frees"],
  ],
  json: "[{generation, created, parent, current, pinned, tags[], reason, transaction, packages[]}]; delete: {transaction, profile, deleted[], kept[{generation, reason}]}, with --dry-run also freedBytes and freedInodes",
  async run(context, args) {
    if (args.action === "delete") return remove(context, args.pattern, args["dry-run"] === true);
    if (args["dry-run"]) throw new StoreError("USAGE", "--dry-run is for `store generations delete`");
    const { generations } = await import("../../operations/list.ts");
    const store = await context.openStore();
    const found = generations(store, context.profile);
    const value = found.map((item) => ({ ...item, packages: item.packages.map((each) => withPath(store, each)) }));
    context.output.result(value, (style) => generationLines(found, { style, now: context.now() }));
    return undefined;
  },
});

async function remove(context: CommandContext, patterns: readonly string[], dryRun: boolean) {
  if (patterns.length === 0) {
    throw new StoreError("USAGE", "which generations shall be deleted?", {
      hint: "For example `store generations delete +5`; see `store generations --help`.",
    });
  }
  const { deleteGenerations } = await import("../../operations/delete-generations.ts");
  const { deletionLines } = await import("../output/deletion-lines.ts");
  const result = await deleteGenerations(await context.openStore(), context.profile, { patterns, dryRun }, context.run);
  context.output.result(result, () => deletionLines(result, dryRun));
  return undefined;
}
