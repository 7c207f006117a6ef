import { basename } from "node:path";
import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import type { ObjectUsage } from "../../operations/collection/du.ts";
import { defineCommand } from "../command.ts";
import { formatTable } from "../output/table.ts";

export const command = defineCommand({
  name: "du",
  summary: "Show the room that the store, or objects, take on the disk",
  details:
    "Blocks are counted once for each inode. Of an object: what it takes, what it alone has, what it shares with others, and what it takes with all that it needs.",
  positionals: {
    object: {
      need: "any",
      describe:
        "Store paths, paths to something in them, also by the profile's link, or names of installed packages; without any the whole store",
      completes: "object",
    },
  },
  options: {},
  examples: [
    ["store du", "shows what each part of the store takes"],
    ["store du mpfr gmp", "shows what two packages take, alone and shared"],
  ],
  json: "{bytes, inodes, savedBytes, parts[{part, bytes, inodes}]}; with OBJECT [{path, bytes, inodes, unique{}, shared{}, closure{}}]",
  isLong: true,
  async run(context, args) {
    const { objectUsage, storeUsage } = await import("../../operations/collection/du.ts");
    const { findObject } = await import("../../operations/packages/info.ts");
    const store = await context.openStore();
    if (args.object.length === 0) {
      const usage = await storeUsage(store, context.run);
      const rows = [...usage.parts, { part: "all", ...usage }];
      context.output.result(usage, () => [
        ...formatTable(rows.map(({ part, bytes, inodes }) => row(bytes, formatCount(inodes, "inode"), part))),
        `${formatSize(usage.savedBytes)} saved by files that objects share`,
      ]);
      return undefined;
    }
    const found: ObjectUsage[] = [];
    for (const what of args.object)
      found.push(await objectUsage(store, findObject(store, context.profile, { what, cwd: context.cwd })));
    context.output.result(found, () =>
      formatTable(
        found.map(({ path, bytes, unique, shared, closure }) =>
          row(
            bytes,
            `${formatSize(unique.bytes)} alone`,
            `${formatSize(shared.bytes)} shared`,
            `${formatSize(closure.bytes)} with ${formatCount(closure.objects, "object")}`,
            basename(path),
          ),
        ),
      ),
    );
    return undefined;
  },
});

function row(bytes: number, ...texts: readonly string[]) {
  return [{ text: formatSize(bytes), align: "right" as const }, ...texts.map((text) => ({ text }))];
}
