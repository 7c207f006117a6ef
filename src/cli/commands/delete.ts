import { defineCommand } from "../command.ts";
import { collectionLines } from "../output/collection-lines.ts";

/** What `store list` shows is kept by its generation. */
const DELETABLE = "Give the path or the whole name of an object: `store gc --dry-run` shows those that nothing keeps.";

export const command = defineCommand({
  name: "delete",
  summary: "Delete store objects that nothing keeps",
  details:
    "All of them, or none: the message then tells what keeps one. `store gc` deletes everything that nothing keeps.",
  positionals: {
    object: { need: "some", describe: "Store paths, or names of objects", completes: "object" },
  },
  options: {
    closure: { type: "boolean", describe: "Also what they need and nothing else does" },
    "dry-run": { type: "boolean", alias: "n", describe: "Show what would be deleted, and delete nothing" },
  },
  examples: [
    ["store delete /path/of/an/object", "deletes one object"],
    ["store delete --closure /path/of/an/object", "also deletes what it alone needed"],
  ],
  json: "{dryRun, deleted[], freedBytes, freedInodes, left}",
  isLong: true,
  async run(context, args) {
    const { deleteObjects } = await import("../../operations/collection/delete-objects.ts");
    const { findObject } = await import("../../operations/packages/info.ts");
    const store = await context.openStore();
    const { cwd, profile } = context;
    const objects = args.object.map((what) => findObject(store, profile, { what, cwd, hint: DELETABLE }));
    const dryRun = args["dry-run"] === true;
    const deleted = await deleteObjects(store, { objects, closure: args.closure, dryRun }, context.run);
    context.output.result({ dryRun, ...deleted }, () => collectionLines(deleted, { dryRun }));
    return undefined;
  },
});
