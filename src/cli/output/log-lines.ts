import { formatCount } from "../../model/format-count.ts";
import { transactionLiner } from "../../model/transaction-line.ts";
import type { LogItem } from "../../operations/history/read-log.ts";
import type { LogRepair } from "../../operations/history/repair-log.ts";
import type { LogFinding } from "../../store/log/entries.ts";
import type { LogVerification } from "../../store/log/verify.ts";
import { localTime } from "./local-time.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** Makes one line of what was found in the log. */
export function logLiner({ paint, arrow }: Style, now: Date): (item: LogItem) => string {
  const liner = transactionLiner({ now: now.getTime(), localTime, arrow });
  return (item) => {
    if (item.kind === "fault") return paint("error", findingLine(item.finding));
    const line = liner(item.summary);
    return item.summary.outcome === "done" ? line : paint("removed", line);
  };
}

/** `log/000001.jsonl:12: damaged: it is not JSON`. */
export function findingLine({ file, line, fault, reason }: LogFinding): string {
  const place = file === "" ? "log" : line === 0 ? `log/${file}` : `log/${file}:${line}`;
  return `${place}: ${fault}: ${printable(reason)}`;
}

export function verificationLines({ records, first, last, findings }: LogVerification, { paint }: Style): string[] {
  const numbers = records === 0 ? "the log is empty" : `${formatCount(records, "record")}, ${first} to ${last}`;
  const verdict = findings.length === 0 ? "nothing is wrong" : `${formatCount(findings.length, "finding")}`;
  return [...findings.map((finding) => paint("error", findingLine(finding))), `${numbers}: ${verdict}`];
}

export function repairLines({ findings, lost, files, rebuilt, remaining }: LogRepair, { paint }: Style): string[] {
  if (findings.length === 0) return ["nothing is wrong with the log"];
  return [
    ...findings.map((finding) => `found    ${findingLine(finding)}`),
    ...lost.map(([from, to]) => `lost     ${from === to ? `record ${from}` : `records ${from} to ${to}`}`),
    ...files.map((file) => `kept     log/${printable(file)}`),
    ...(rebuilt > 0 ? [`written  ${formatCount(rebuilt, "record")} anew, from the generations that exist`] : []),
    ...remaining.map((finding) => paint("error", `remains  ${findingLine(finding)}`)),
    ...(remaining.length === 0 ? ["the log is whole"] : []),
  ];
}
