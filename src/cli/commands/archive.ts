import { StoreError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "../output/printable.ts";
import { formatCount, formatSize } from "../output/quantities.ts";
import { repositoryOptions } from "../repository-options.ts";

export const command = defineCommand({
  name: "archive",
  summary: "Export objects to files, and import them into any store",
  details:
    "export PATH|NAME…: writes each object to a file <object>.tar.gz, the same bytes in every store. import FILE…: " +
    "adds such files; each must have the content that its name says. What they need is taken from the other files, " +
    "the store, or a --repository.",
  positionals: {
    action: { need: "one", describe: "export or import", choices: ["export", "import"] },
    what: { need: "some", describe: "Store paths or names of installed packages; files", completes: "object" },
  },
  options: {
    output: {
      type: "string",
      alias: "o",
      value: "FILE|DIR",
      completes: "path",
      describe: "export: write to FILE, or to files in DIR (the working directory)",
    },
    closure: { type: "boolean", describe: "export: also everything that the objects need at run time" },
  },
  examples: [
    ["store archive export hello -o hello.tar.gz", "writes the installed package to a file"],
    ["store archive export --closure hello -o packages/", "writes it and all that it needs"],
    ["store archive import packages/*.tar.gz", "adds them to another store"],
  ],
  json: "export: [{path, file, size}]; import: [{path, baseName, file, reused}]",
  isLong: true,
  async run(context, { action, what, output, closure }) {
    switch (action) {
      case "export":
        return exportTo(context, what, { output, closure });
      case "import":
        if (output !== undefined || closure) throw notForImport(output === undefined ? "--closure" : "--output");
        return importFrom(context, what);
    }
  },
});

async function exportTo(
  context: CommandContext,
  what: readonly string[],
  options: { readonly output: string | undefined; readonly closure: boolean },
): Promise<undefined> {
  const { exportObjects } = await import("../../operations/export-objects.ts");
  const { profile, cwd, run } = context;
  const store = await context.openStore();
  const exported = await exportObjects(store, { what, profile, cwd, ...options }, run);
  context.output.result(exported, () => exported.map(({ file }) => printable(file)));
  const total = exported.reduce((sum, { size }) => sum + size, 0);
  context.output.note(() => `exported ${formatCount(exported.length, "object")}, ${formatSize(total)}`);
  return undefined;
}

async function importFrom(context: CommandContext, files: readonly string[]): Promise<undefined> {
  const { importObjects } = await import("../../operations/import-objects.ts");
  const store = await context.openStore({ create: true });
  const imported = await importObjects(store, { files, ...repositoryOptions(context) }, context.run);
  context.output.result(imported, () => imported.map(({ path }) => path));
  const reused = imported.filter((each) => each.reused).length;
  const known = reused > 0 ? `, ${reused} of them there already` : "";
  context.output.note(() => `imported ${formatCount(imported.length, "object")}${known}`);
  return undefined;
}

function notForImport(option: string): StoreError {
  return new StoreError("USAGE", `${option} is for \`store archive export\``, { hint: "Leave it out." });
}
