import { StoreError } from "../../errors.ts";
import { parseAge } from "../../model/age.ts";
import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { archiveLines } from "../output/archive-lines.ts";
import { printable } from "../output/printable.ts";
import { withPath } from "../output/with-paths.ts";
import { parseCount, parseSize } from "../parse-quantity.ts";
import { repositoryOptions } from "../repository-options.ts";

export const command = defineCommand({
  name: "archive",
  summary: "Keep packed objects; export and import them",
  details:
    "ls: what the store keeps packed. add [PATH|NAME…]: packs objects and what they need into the store's archives; " +
    "without names all that is installed. prune: removes what no generation or other root needs and the rules do not " +
    "keep. export PATH|NAME…: writes each object to a file <object>.tar.gz. import FILE…: adds such files; each must " +
    "have the content that its name says. index DIR…: writes DIR/packed-objects.json, which tells --repository URL " +
    "--recursive what lies below DIR on a server; export into such a directory brings it up to date.",
  positionals: {
    action: {
      need: "one",
      describe: "ls, add, prune, export, import or index",
      choices: ["ls", "add", "prune", "export", "import", "index"],
    },
    what: {
      need: "any",
      describe: "Store paths or names of installed packages; files; directories",
      completes: "object",
    },
  },
  options: {
    output: {
      type: "string",
      alias: "o",
      value: "FILE|DIR",
      completes: "path",
      describe: "export: write to FILE, or to files in DIR (the working directory); DIR/ is made",
    },
    closure: { type: "boolean", describe: "export: also everything that the objects need at run time" },
    "keep-last": {
      type: "string",
      value: "N",
      parse: parseCount,
      describe: "prune: keep the last N of each package (the setting archives.keep-last)",
    },
    "younger-than": {
      type: "string",
      value: "AGE",
      parse: parseAge,
      describe: "prune: keep what is younger than AGE: 12h, 90d, 6w (the setting archives.younger-than)",
    },
    "dry-run": { type: "boolean", describe: "prune: show what would be removed" },
    "max-bytes": {
      type: "string",
      value: "SIZE",
      parse: parseSize,
      describe: "import: refuse a file that unpacks to more than SIZE (64G)",
    },
    "max-entries": {
      type: "string",
      value: "N",
      parse: parseCount,
      describe: "import: refuse a file with more than N entries (5000000)",
    },
  },
  examples: [
    ["store archive export --closure hello -o packages/", "writes the package and all that it needs to files"],
    ["store archive import packages/*.tar.gz", "adds them to another store"],
    ["store archive index packages/", "tells servers' users what lies in packages/ and below"],
    ["store archive add", "keeps all that is installed packed, for when it is lost"],
    ["store archive prune --keep-last 2 --dry-run", "shows what these rules would remove"],
  ],
  json: "ls: [{path, size, packed, present, needed}]; add: [{path, size}]; prune: {deleted[], freedBytes}; export: [{path, file, size}]; import: [{path, baseName, file, reused}]; index: [{file, objects}]",
  isLong: true,
  async run(context, args) {
    checkFits(args);
    switch (args.action) {
      case "ls":
        return list(context);
      case "add":
        return add(context, args.what);
      case "prune":
        return prune(context, args);
      case "export":
        return exportTo(context, args.what, args);
      case "import":
        return importFrom(context, args.what, args);
      case "index":
        return indexAll(context, args.what);
    }
  },
});

interface Args {
  readonly action: string;
  readonly what: readonly string[];
  readonly output: string | undefined;
  readonly closure: boolean;
  readonly "keep-last": number | undefined;
  readonly "younger-than": number | undefined;
  readonly "dry-run": boolean;
  readonly "max-bytes": number | undefined;
  readonly "max-entries": number | undefined;
}

/** Options of another action, or words where none belong, are mistakes. */
function checkFits(args: Args): void {
  const { action, what, output, closure } = args;
  const isPrune = args["keep-last"] !== undefined || args["younger-than"] !== undefined || args["dry-run"];
  const isExport = output !== undefined || closure;
  const isImport = args["max-bytes"] !== undefined || args["max-entries"] !== undefined;
  const hint = "`store archive --help` tells which options belong to what.";
  if (isPrune && action !== "prune") throw new StoreError("USAGE", `store archive ${action} does not prune`, { hint });
  if (isExport && action !== "export")
    throw new StoreError("USAGE", `--output and --closure are for export, not for ${action}`, { hint });
  if (isImport && action !== "import")
    throw new StoreError("USAGE", `--max-bytes and --max-entries are for import, not for ${action}`, { hint });
  if ((action === "ls" || action === "prune") && what.length > 0)
    throw new StoreError("USAGE", `store archive ${action} takes no names`, { hint });
  if (["export", "import", "index"].includes(action) && what.length === 0)
    throw new StoreError("USAGE", `store archive ${action} needs to be told what`, { hint });
}

async function list(context: CommandContext): Promise<undefined> {
  const { archives } = await import("../../operations/archives/archives.ts");
  const store = await context.openStore();
  const found = archives(store);
  const shown = found.map((each) => ({ ...withPath(store, each), packed: new Date(each.packed).toISOString() }));
  context.output.result(shown, () => archiveLines(found));
  return undefined;
}

async function add(context: CommandContext, what: readonly string[]): Promise<undefined> {
  const { addToArchives } = await import("../../operations/archives/archives.ts");
  const { profile, cwd, run } = context;
  const store = await context.openStore();
  const added = await addToArchives(store, { what, profile, cwd }, run);
  const fresh = added.filter(({ size }) => size !== undefined);
  const shown = added.map((each) => ({ ...withPath(store, each), size: each.size ?? null }));
  context.output.result(shown, () => fresh.map(({ path }) => path));
  context.output.note(() => `packed ${formatCount(fresh.length, "object")}; ${added.length - fresh.length} were there`);
  return undefined;
}

async function prune(context: CommandContext, args: Args): Promise<undefined> {
  const { pruneArchives } = await import("../../operations/archives/archives.ts");
  const { "keep-last": keepLast, "younger-than": youngerThan, "dry-run": dryRun } = args;
  const rules = { ...(keepLast !== undefined && { keepLast }), ...(youngerThan !== undefined && { youngerThan }) };
  const pruned = pruneArchives(await context.openStore(), { ...rules, dryRun });
  context.output.result(pruned, () => [...pruned.deleted]);
  const verb = dryRun ? "would remove" : "removed";
  context.output.note(() => `${verb} ${formatCount(pruned.deleted.length, "file")}, ${formatSize(pruned.freedBytes)}`);
  return undefined;
}

async function exportTo(
  context: CommandContext,
  what: readonly string[],
  { output, closure }: Pick<Args, "output" | "closure">,
): Promise<undefined> {
  const { exportObjects } = await import("../../operations/archives/export-objects.ts");
  const { profile, cwd, run } = context;
  const store = await context.openStore();
  const exported = await exportObjects(store, { what, profile, cwd, output, closure }, run);
  const shown = exported.map((each) => withPath(store, each));
  context.output.result(shown, () => exported.map(({ file }) => printable(file)));
  const total = exported.reduce((sum, { size }) => sum + size, 0);
  context.output.note(() => `exported ${formatCount(exported.length, "object")}, ${formatSize(total)}`);
  return undefined;
}

async function importFrom(
  context: CommandContext,
  files: readonly string[],
  { "max-bytes": maxBytes, "max-entries": maxEntries }: Pick<Args, "max-bytes" | "max-entries">,
): Promise<undefined> {
  const limits = { ...(maxBytes !== undefined && { maxBytes }), ...(maxEntries !== undefined && { maxEntries }) };
  const { importObjects } = await import("../../operations/archives/import-objects.ts");
  const store = await context.openStore({ create: true });
  const imported = await importObjects(store, { files, limits, ...repositoryOptions(context) }, context.run);
  context.output.result(imported, () => imported.map(({ path }) => path));
  const reused = imported.filter((each) => each.reused).length;
  const known = reused > 0 ? `, ${reused} of them there already` : "";
  context.output.note(() => `imported ${formatCount(imported.length, "object")}${known}`);
  return undefined;
}

async function indexAll(context: CommandContext, directories: readonly string[]): Promise<undefined> {
  const { indexRepository } = await import("../../operations/archives/index-repository.ts");
  const written = await Promise.all(
    directories.map((directory) => indexRepository({ directory, cwd: context.cwd }, context.run)),
  );
  context.output.result(written, () => written.map(({ file }) => printable(file)));
  const total = written.reduce((sum, { objects }) => sum + objects, 0);
  context.output.note(() => `${formatCount(total, "object")} in ${written.length === 1 ? "it" : "them"}`);
  return undefined;
}
