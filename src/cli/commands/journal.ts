import { resolve } from "node:path";
import { printJournal } from "../../model/tracking-journal.ts";
import { defineCommand } from "../command.ts";
import { parseTransaction } from "../force-option.ts";

export const command = defineCommand({
  name: "journal",
  summary: "Export a transaction, to take it back or to replay it elsewhere",
  details: "The same as --tracking-journal FILE writes while a change is made, from the log. See `store replay`.",
  positionals: {
    transaction: { need: "one", describe: "Its number: 57 or '#57', in quotes", completes: "transaction" },
    file: { need: "optional", describe: "Where to write it; without it to stdout", completes: "path" },
  },
  options: {},
  examples: [
    ["store journal 57 upgrade.journal", "writes what transaction 57 did to a file"],
    ["store journal '#57'", "prints it"],
  ],
  json: "the journal; with FILE {file, transaction, profile}",
  async run(context, args) {
    const { exportJournal } = await import("../../operations/history/journals.ts");
    const store = await context.openStore();
    const file = args.file === undefined ? undefined : resolve(context.cwd, args.file);
    const journal = exportJournal(store, { transaction: parseTransaction(args.transaction), file });
    const { transaction, profile } = journal;
    if (file !== undefined)
      context.output.result({ file, transaction, profile }, () => [`#${transaction} of profile ${profile}: ${file}`]);
    else if (context.global.json) context.output.result(JSON.parse(printJournal(journal)), () => []);
    else context.output.text(printJournal(journal));
    return undefined;
  },
});
