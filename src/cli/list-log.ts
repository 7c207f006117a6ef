import { StoreError } from "../errors.ts";
import { type LogItem, type LogRequest, readLog } from "../operations/history/read-log.ts";
import type { LogFinding } from "../store/log/entries.ts";
import { readProfile } from "../store/profiles.ts";
import type { CommandContext } from "./context.ts";
import { findingLine, logLiner } from "./output/log-lines.ts";
import { printableJson } from "./output/printable.ts";

/** How many transactions are printed at once. */
const BATCH = 256;

/**
 * Prints transactions, newest first, for programs their records, oldest first.
 * @throws StoreError NOT_FOUND when there is no such profile, DAMAGED behind the list when something of it cannot be trusted
 */
export async function listLog(context: CommandContext, request: LogRequest): Promise<undefined> {
  const store = await context.openStore();
  const { profile } = context.global;
  const faults: LogFinding[] = [];
  const filter = { ...request, profile };
  const found = trusted(await readLog(store, filter), faults);
  const count = context.global.json ? printRecords(context, found) : printLines(context, found);
  // What failed in a profile is told also when the profile never came to be.
  if (count === 0 && faults.length === 0 && profile !== undefined) readProfile(store, profile);
  if (count === 0)
    context.output.note(() => (isFiltered(filter) ? "no transaction is like that" : "nothing was changed yet"));
  tellFaults(context, faults);
  return undefined;
}

function* trusted(items: Iterable<LogItem>, faults: LogFinding[]): Generator<LogItem, void> {
  for (const item of items) {
    if (item.kind === "fault") faults.push(item.finding);
    yield item;
  }
}

function printLines({ output, now }: CommandContext, items: Iterable<LogItem>): number {
  let count = 0;
  for (const batch of batches(items)) {
    count += batch.length;
    output.result(undefined, (style) => batch.map(logLiner(style, now())));
  }
  return count;
}

/** The order of the file is that of the numbers; the newest transactions are those that are asked for. */
function printRecords({ output }: CommandContext, items: Iterable<LogItem>): number {
  const records = [...items].flatMap((item) => (item.kind === "transaction" ? item.records : []));
  records.sort((a, b) => a.seq - b.seq);
  for (const batch of batches(records))
    output.text(batch.map(({ members }) => `${printableJson(JSON.stringify(members))}\n`).join(""));
  return records.length;
}

function* batches<T>(items: Iterable<T>): Generator<T[], void> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function isFiltered({ since, until, package: name, types = [], profile }: LogRequest): boolean {
  return [since, until, name, profile].some((rule) => rule !== undefined) || types.length > 0;
}

/** What a write left that did not end, at the very end, is no damage. */
function tellFaults({ output }: CommandContext, faults: readonly LogFinding[]): void {
  const [first] = faults;
  if (first?.fault === "torn" && faults.length === 1) {
    output.note(() => `${findingLine(first)}; the next change moves it aside`);
    return;
  }
  if (!first) return;
  throw new StoreError("DAMAGED", `the log cannot be trusted everywhere: ${findingLine(first)}`, {
    hint: "What is listed is valid. See all damage with `store log verify`; `store log repair` goes on without it.",
    details: { findings: faults },
  });
}
