import { StoreError } from "../errors.ts";
import { formatCount } from "../model/format-count.ts";
import { repairHistory } from "../operations/history/repair-log.ts";
import { resealHistory } from "../operations/history/reseal-log.ts";
import { type TrimRequest, trimHistory } from "../operations/history/trim-log.ts";
import { verifyHistory } from "../operations/history/verify-log.ts";
import type { LogFinding } from "../store/log/entries.ts";
import type { Store } from "../store/open-store.ts";
import type { CommandContext } from "./context.ts";
import { formatLocalTime } from "./output/local-time.ts";
import { repairLines, verificationLines } from "./output/log-lines.ts";

/** Carries out `store log ACTION`. */
export async function careForLog(
  context: CommandContext,
  action: "verify" | "repair" | "reseal" | "trim",
  rules: TrimRequest,
): Promise<undefined> {
  const store = await context.openStore();
  switch (action) {
    case "verify": {
      const checked = verifyHistory(store);
      context.output.result(checked, (style) => verificationLines(checked, style));
      if (checked.findings.length > 0) throw damaged(checked.findings);
      return undefined;
    }
    case "repair": {
      const repaired = await repairHistory(store);
      context.output.result(repaired, (style) => repairLines(repaired, style));
      if (repaired.remaining.length > 0) throw damaged(repaired.remaining);
      return undefined;
    }
    case "reseal":
      return reseal(context, store);
    case "trim":
      return trim(context, store, rules);
  }
}

async function reseal({ output }: CommandContext, store: Store): Promise<undefined> {
  const { edited, removed, from } = await resealHistory(store);
  output.result({ edited, removed, from: from ?? null }, () => {
    if (from === undefined) return ["nothing was edited"];
    const taken = removed.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
    return [
      ...(edited.length > 0
        ? [`accepted edits of ${edited.length === 1 ? "record" : "records"} ${edited.join(", ")}`]
        : []),
      ...(taken.length > 0 ? [`accepted that these records were taken out: ${taken.join(", ")}`] : []),
      `the chain is sealed anew from record ${from}`,
    ];
  });
  return undefined;
}

async function trim({ output }: CommandContext, store: Store, rules: TrimRequest): Promise<undefined> {
  const { dropped, begins } = await trimHistory(store, rules);
  output.result({ dropped, begins: begins ?? null }, () => [
    `dropped ${formatCount(dropped.transactions, "transaction")}, ${formatCount(dropped.records, "record")}`,
    ...(begins ? [`history begins with #${begins.transaction}, ${formatLocalTime(new Date(begins.time))}`] : []),
  ]);
  return undefined;
}

function damaged(findings: readonly LogFinding[]): StoreError {
  const isEdited = findings.some(({ fault }) => fault === "edited" || fault === "link");
  const hint = "`store log repair` goes on without what is damaged and completes what is lost";
  return new StoreError("DAMAGED", `the log has ${formatCount(findings.length, "fault")}`, {
    hint: isEdited ? `${hint}; \`store log reseal\` accepts edits that you made yourself.` : `${hint}.`,
    details: { findings },
  });
}
