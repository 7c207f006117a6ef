import { endAfter, type LogEnd } from "../../model/chain.ts";
import type { LogRecord } from "../../model/log-record.ts";
import { composeLost } from "./compose.ts";
import { stateAfter } from "./history.ts";
import type { LogTail } from "./tail.ts";
import type { TransactionLog } from "./transaction-log.ts";
import { writeLines } from "./write-lines.ts";

/**
 * Goes on behind the end of a log that has lost its last records, or all, with what the records of the generations tell.
 * Switches between generations, failed changes and commands that stood there are lost. Needs the lock.
 */
export function completeLog(
  log: TransactionLog,
  { tail, end }: { readonly tail: LogTail; readonly end: LogEnd },
): { readonly tail: LogTail; readonly end: LogEnd; readonly records: readonly LogRecord[] } {
  const live = new Map([...stateAfter(log)].map(([profile, { current }]) => [profile, current]));
  const sources = { generations: log.generations?.() ?? [], state: log.snapshot?.() ?? [], files: [], end, live };
  const chained = composeLost(sources, { time: log.now().toISOString(), zone: log.zone });
  const last = chained.at(-1);
  return {
    tail: writeLines(log, tail, chained, true),
    end: last ? endAfter(last.record, Buffer.byteLength(last.line)) : end,
    records: chained.map(({ record }) => record),
  };
}
