import { StoreError } from "../../errors.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber, parseProfileName } from "../../model/ids.ts";
import { invertMark, isMark, type MarkEvent } from "../../model/marks.ts";
import { type PackageStep, stepsBetween, stepsOf } from "../../model/package-steps.ts";
import { summariseTransaction, type TransactionSummary } from "../../model/transaction-summary.ts";
import { zonedText } from "../../model/zoned-text.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { openJournal } from "../../store/journal.ts";
import { historyBegins, readTransaction, stateAfter } from "../../store/log/history.ts";
import { readTransactions } from "../../store/log/transactions.ts";
import type { Store } from "../../store/open-store.ts";
import { hasGeneration, readProfileParts } from "../../store/profiles.ts";

/** What one transaction did to its profile. */
export interface TransactionEffect {
  readonly transaction: number;
  readonly profile: ProfileName;
  readonly summary: TransactionSummary;
  readonly from: GenerationNumber;
  readonly to: GenerationNumber;
  readonly steps: readonly PackageStep[];
  /** It made the generation `to`; otherwise it switched to one that was there. */
  readonly made: boolean;
  /** A change of pins or names, and the one that takes it back. */
  readonly mark: { readonly done: MarkEvent; readonly back: MarkEvent } | undefined;
}

/**
 * Reads from the log what a transaction did.
 * @throws StoreError NOT_FOUND when there is none, or it changed no profile; DAMAGED
 */
export function readEffect(store: Store, transaction: number): TransactionEffect {
  const records = readTransaction(openJournal(store), transaction);
  if (records.length === 0) throw noTransaction(store, transaction);
  const summary = summariseTransaction(records);
  const profile = summary.profile === undefined ? undefined : parseProfileName(summary.profile);
  const mark = markOf(store, summary);
  if (profile === undefined || summary.outcome !== "done" || !(summary.switched || mark)) throw noChange(summary);
  const { base } = summary.records.flatMap(({ event }) => (event.type === "begin" ? [event] : []))[0] ?? {};
  const { from, to } = summary.switched ?? { from: base ?? 0, to: base ?? 0 };
  const ends = { from: parseGenerationNumber(from), to: parseGenerationNumber(to) };
  const made = summary.records.some(({ event }) => event.type === "generation" && event.generation === to);
  const steps = summary.switched ? readSteps(store, { profile, transaction, ...ends }, summary) : [];
  return { transaction, profile, summary, ...ends, steps, made, mark };
}

/** Transactions after `transaction` that switched the same profile or changed its packages, newest first. */
export function switchesAfter(store: Store, profile: ProfileName, transaction: number): readonly TransactionSummary[] {
  const later: TransactionSummary[] = [];
  for (const each of readTransactions(openJournal(store))) {
    if (!("tx" in each)) continue;
    if (each.tx > 0 && each.tx <= transaction) break;
    if (each.profile === profile && each.switched) later.push(each);
  }
  return later;
}

/** The last transactions of a profile, newest first. */
export function listTransactions(store: Store, profile: ProfileName, most: number): readonly TransactionSummary[] {
  const found: TransactionSummary[] = [];
  for (const each of readTransactions(openJournal(store))) {
    if (!("tx" in each) || each.tx === 0 || each.profile !== profile) continue;
    found.push(each);
    if (found.length === most) break;
  }
  return found;
}

/** Whoever completed an interrupted switch may not have known what it changed: the generations do. */
function readSteps(
  store: Store,
  at: { profile: ProfileName; transaction: number; from: GenerationNumber; to: GenerationNumber },
  { switched }: TransactionSummary,
): readonly PackageStep[] {
  const change = switched?.change;
  const told = change && stepsOf(change, `transaction #${at.transaction} in the log`);
  if (told && told.length > 0) return told;
  const parts = readProfileParts(store, at.profile);
  if (told && [at.from, at.to].some((number) => !hasGeneration(store, parts, number))) return told;
  const [before, after] = [at.from, at.to].map((number) => readGeneration(store, at.profile, number).packages);
  return stepsBetween(before ?? [], after ?? []);
}

function markOf(store: Store, { records, profile }: TransactionSummary): TransactionEffect["mark"] {
  for (const { event, seq } of records) {
    if (!isMark(event)) continue;
    const tags = stateAfter(openJournal(store), seq - 1).get(profile ?? "")?.tags ?? new Map();
    const before = new Map([...tags].map(([name, number]) => [name, parseGenerationNumber(number)]));
    return { done: event, back: invertMark(event, { tags: before }) };
  }
  return undefined;
}

function noTransaction(store: Store, transaction: number): StoreError {
  const begins = historyBegins(openJournal(store));
  const isGone = begins !== undefined && transaction > 0 && transaction < begins.transaction;
  const why = isGone
    ? `: history begins with #${begins.transaction}, ${zonedText(begins.time, store.context.timeZone)}`
    : "";
  return new StoreError("NOT_FOUND", `the log has no transaction #${transaction}${why}`, {
    hint: "`store log` lists them; `store generations` shows which one made each generation.",
    details: { transaction },
  });
}

function noChange({ tx, outcome, action }: TransactionSummary): StoreError {
  const why =
    outcome === "failed"
      ? "it failed and changed nothing"
      : outcome === "unfinished"
        ? "it did not finish"
        : `'${action}' changed neither packages nor pins and names`;
  return new StoreError("NOT_FOUND", `there is nothing of transaction #${tx} to undo or redo: ${why}`, {
    hint: "`store log` tells what each transaction did.",
    details: { transaction: tx },
  });
}
