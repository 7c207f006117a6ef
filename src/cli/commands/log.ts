import { StoreError } from "../../errors.ts";
import { parseTime } from "../../model/time-expression.ts";
import { defineCommand } from "../command.ts";
import { parseCount } from "../parse-quantity.ts";

const LISTING = "What is listed";
const TRIMMING = "store log trim";

export const command = defineCommand({
  name: "log",
  summary: "List what was ever changed, newest first, or look after the log itself",
  details:
    "Without ACTION it lists transactions, also those that failed, with the reason. verify checks every line (status 6 " +
    "with file and line when something is wrong); repair goes on without what is damaged and completes what is lost; " +
    "reseal accepts edits that you made by hand; trim drops what is old (also by itself: store config log.keep-days).",
  positionals: {
    action: {
      need: "optional",
      describe: "verify, repair, reseal or trim",
      choices: ["verify", "repair", "reseal", "trim"],
    },
  },
  options: {
    since: { type: "string", value: "TIME", parse: checkedTime, describe: "Not what was before TIME", group: LISTING },
    until: { type: "string", value: "TIME", parse: checkedTime, describe: "Not what was after TIME", group: LISTING },
    package: {
      type: "string",
      value: "NAME",
      completes: "installed",
      describe: "What changed the package NAME, or failed to",
      group: LISTING,
    },
    type: {
      type: "string",
      value: "TYPE",
      many: true,
      completes: "record",
      describe: "Records of TYPE (commit, abort, pin, gc, trim …) or commands (install, switch …); can be repeated",
      group: LISTING,
    },
    count: {
      type: "string",
      alias: "n",
      value: "N",
      parse: parseCount,
      describe: "The last N transactions",
      group: LISTING,
    },
    before: {
      type: "string",
      value: "TIME",
      parse: checkedTime,
      describe: "Drop what is older than TIME: 90d, 2026-01-01",
      group: TRIMMING,
    },
    "keep-last": {
      type: "string",
      value: "N",
      parse: parseCount,
      describe: "Keep the last N transactions in any case",
      group: TRIMMING,
    },
  },
  examples: [
    ["store log -n 20", "lists the last twenty transactions, of all profiles; -p NAME of one"],
    ["store log --since monday --package mpfr", "lists what was done to mpfr this week"],
    ["store log --type abort", "lists what failed, and why"],
    ["store log verify", "checks every line"],
    ["store log trim --before 90d --keep-last 100", "drops what is older than 90 days, and keeps at least 100"],
  ],
  json: "a record of the log on each line, oldest first; verify: {records, first, last, findings[]}; repair: {findings[], lost[], files[], rebuilt, remaining[]}; reseal: {edited[], removed[], from}; trim: {dropped, begins}",
  endsAtOnce: ({ action }) => action === undefined,
  async run(context, { action, ...args }) {
    refuseOthers(action, args);
    if (action === undefined) {
      const { listLog } = await import("../list-log.ts");
      return listLog(context, { ...args, types: args.type, limit: args.count });
    }
    const { careForLog } = await import("../care-for-log.ts");
    return careForLog(context, action, { before: args.before, keepLast: args["keep-last"] });
  },
});

function checkedTime(text: string): string {
  parseTime(text);
  return text;
}

/** An option that belongs to something else would be given in vain. */
function refuseOthers(action: string | undefined, args: Readonly<Record<string, unknown>>): void {
  const own = action === undefined ? ["since", "until", "package", "type", "count"] : [];
  const allowed = action === "trim" ? ["before", "keep-last"] : own;
  const given = Object.entries(args).filter(([, value]) => value !== undefined && [value].flat().length > 0);
  const wrong = given.map(([name]) => name).find((name) => !allowed.includes(name));
  if (wrong === undefined) return;
  const command = action === undefined ? "store log" : `store log ${action}`;
  throw new StoreError("USAGE", `--${wrong} is no option of \`${command}\``, { hint: "See `store log --help`." });
}
