import { StoreError } from "../../errors.ts";
import { formatCount } from "../../model/format-count.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { generationLines } from "../output/generation-lines.ts";
import { withPath } from "../output/with-paths.ts";
import { parseCount } from "../parse-quantity.ts";

/** How many of the newest people are shown. */
const SHOWN = 100;

export const command = defineCommand({
  name: "generations",
  summary: "List the generations of the profile, or delete some",
  details:
    "The live one is marked with *. People are shown the last 100 unless they ask for more, programs all. delete PATTERN…: 1, gen-1, 1,8, a range (2..9, ..9, 2..), +5 (all but the last five), 30d (older; but not the one that was live then). The live one, pinned and named ones stay. What only deleted generations kept is freed by `store gc`.",
  positionals: {
    action: { need: "optional", describe: "delete; without it they are listed", choices: ["delete"] },
    pattern: { need: "any", describe: "delete: which ones", completes: "generation" },
  },
  options: {
    last: { type: "string", value: "N", parse: parseCount, describe: "Show the last N, and the live one" },
    all: { type: "boolean", describe: "Show all, however many there are" },
    "dry-run": { type: "boolean", alias: "n", describe: "delete: show which ones, and what could be freed then" },
  },
  examples: [
    ["store generations", "shows a table"],
    ["store generations --last 10", "shows the last ten"],
    ["store generations -p work --json", "shows those of another profile for a program"],
    ["store generations delete +5", "deletes all but the last five"],
    ["store generations delete --dry-run 30d", "shows what would be deleted and what that frees"],
  ],
  json: "[{generation, created, parent, current, pinned, tags[], reason, transaction, packages[]}]; delete: {transaction, profile, deleted[], kept[{generation, reason}]}, with --dry-run also freedBytes and freedInodes",
  endsAtOnce: ({ action }) => action === undefined,
  async run(context, args) {
    const isListing = args.action === undefined;
    if (!isListing && (args.all || args.last !== undefined))
      throw new StoreError("USAGE", "--last and --all are for listing", { hint: "Leave them out with `delete`." });
    if (args.all && args.last !== undefined)
      throw new StoreError("USAGE", "--all shows all, --last only some", { hint: "Leave one of them out." });
    if (args.action === "delete") return remove(context, args.pattern, args["dry-run"] === true);
    if (args["dry-run"]) throw new StoreError("USAGE", "--dry-run is for `store generations delete`");
    const { countedGenerations } = await import("../../operations/packages/list.ts");
    const store = await context.openStore();
    const last = args.all ? undefined : (args.last ?? (context.global.json ? undefined : SHOWN));
    const { listed: found, count } = countedGenerations(store, context.profile, { last });
    const value = found.map((item) => ({ ...item, packages: item.packages.map((each) => withPath(store, each)) }));
    context.output.result(value, (style) => generationLines(found, { style, now: context.now() }));
    const hidden = count - found.length;
    if (hidden > 0 && found.length >= SHOWN)
      context.output.note(() => `${formatCount(hidden, "generation")} more: store generations --all`);
    return undefined;
  },
});

async function remove(context: CommandContext, patterns: readonly string[], dryRun: boolean) {
  if (patterns.length === 0) {
    throw new StoreError("USAGE", "which generations shall be deleted?", {
      hint: "For example `store generations delete +5`; see `store generations --help`.",
    });
  }
  const { deleteGenerations } = await import("../../operations/profiles/delete-generations.ts");
  const { deletionLines } = await import("../output/deletion-lines.ts");
  const result = await deleteGenerations(await context.openStore(), context.profile, { patterns, dryRun }, context.run);
  context.output.result(result, () => deletionLines(result, dryRun));
  return undefined;
}
