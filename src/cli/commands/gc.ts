import { parseAge } from "../../model/age.ts";
import { defineCommand } from "../command.ts";
import { collectionLines } from "../output/collection-lines.ts";
import { parseCount, parseSize } from "../parse-quantity.ts";

export const command = defineCommand({
  name: "gc",
  summary: "Delete what nothing keeps: objects, and what killed commands left",
  details:
    "Kept is what `store roots` lists, with everything that it needs. Without --older-than and --keep the settings gc.older-than and gc.keep decide whether generations are deleted first; the live one, the one before it, pinned and named ones never are. With the setting archives.automatic, objects that the rules for archives keep are packed first; those that are packed are marked.",
  positionals: {},
  options: {
    "dry-run": { type: "boolean", alias: "n", describe: "Show what would be deleted, and delete nothing" },
    "older-than": {
      type: "string",
      value: "AGE",
      describe: "First delete generations older than AGE: 30d, 12h, 2w",
      parse: parseAge,
    },
    keep: {
      type: "string",
      value: "N",
      describe: "Keep the last N generations of each profile, and without --older-than only these",
      parse: parseCount,
    },
    "max-freed": { type: "string", value: "SIZE", describe: "Stop when SIZE is freed", parse: parseSize },
    "until-free": {
      type: "string",
      value: "SIZE",
      describe: "Stop when SIZE is free on the disk",
      parse: parseSize,
    },
    "free-inodes": { type: "string", value: "N", describe: "Stop when N inodes are free", parse: parseCount },
  },
  examples: [
    ["store gc --dry-run", "shows what would be deleted, and how much that frees"],
    ["store gc --older-than 30d --keep 5", "also deletes generations older than 30 days, but not the last five"],
    ["store gc --until-free 20G", "deletes no more than it takes to have 20 GiB free"],
  ],
  json: "{dryRun, deleted[], packed[], freedBytes, freedInodes, left, generations[{profile, deleted[]}]}",
  isLong: true,
  async run(context, args) {
    const { gc } = await import("../../operations/collection/gc.ts");
    const request = {
      dryRun: args["dry-run"],
      olderThan: args["older-than"],
      keep: args.keep,
      maxFreed: args["max-freed"],
      untilFree: args["until-free"],
      freeInodes: args["free-inodes"],
    };
    const result = await gc(await context.openStore(), request, context.run);
    context.output.result(result, () => [
      ...result.generations.map(({ profile, deleted }) => {
        const names = deleted.map((number) => `gen-${number}`).join(" ");
        return `${result.dryRun ? "would delete" : "deleted"} ${names} of profile '${profile}'`;
      }),
      ...collectionLines(result, result),
    ]);
    return undefined;
  },
});
