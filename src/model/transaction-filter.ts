import type { LogRecord } from "./log-record.ts";
import type { TransactionSummary } from "./transaction-summary.ts";

/** Which transactions to show; all rules hold together. */
export interface LogFilter {
  /** UTC as in records, both ends included. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly profile?: string | undefined;
  /** Name of a package. */
  readonly name?: string | undefined;
  /** Types of records, or words of commands; empty for all. */
  readonly types: readonly string[];
}

/** The records of a transaction that a filter lets through; none when it is not wanted. */
export function selectRecords(summary: TransactionSummary, filter: LogFilter): readonly LogRecord[] {
  const { since, until, profile, name, types } = filter;
  if (since !== undefined && summary.time < since) return [];
  if (until !== undefined && summary.time > until) return [];
  if (profile !== undefined && summary.profile !== profile) return [];
  if (name !== undefined && !concerns(summary, name)) return [];
  if (types.length === 0 || types.includes(summary.action)) return summary.records;
  return summary.records.filter(
    ({ event, members }) => types.includes(event.type) || types.includes(`${members.type}`),
  );
}

/** What failed is told only by the words of its command. */
function concerns({ switched, command, outcome }: TransactionSummary, name: string): boolean {
  const { added = [], removed = [], upgraded = [] } = switched?.change ?? {};
  if ([...added, ...removed, ...upgraded].some((item) => item.name === name)) return true;
  if (outcome === "done") return false;
  return (command ?? []).some((word) => isSpecOf(word, name));
}

/** `zlib`, `zlib@1.3`, `zlib+static`, `npm:zlib`, `./zlib-1.3.tar.gz`. */
function isSpecOf(word: string, name: string): boolean {
  const base = word.slice(word.lastIndexOf("/") + 1).replace(/^npm:/, "");
  return base === name || (base.startsWith(name) && /^[@+~]|^-\d/.test(base.slice(name.length)));
}
