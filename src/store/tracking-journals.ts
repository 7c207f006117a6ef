import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import { parseJournal, printJournal, type TrackingJournal } from "../model/tracking-journal.ts";
import { readGivenText, syncDirectory, writeFileAtomic } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";

/** `-` is standard input. @throws StoreError NOT_FOUND, INVALID_INPUT, DAMAGED, NEWER_FORMAT */
export function readJournalFile(file: string): TrackingJournal {
  if (file === "-") return parseJournal(readFileSync(0, "utf8"), "standard input");
  const text = readGivenText(file);
  if (text !== undefined) return parseJournal(text, file);
  throw new StoreError("NOT_FOUND", `there is no journal ${file}`, {
    hint: "A journal is written by `--tracking-journal FILE`, or by `store journal '#57' FILE`.",
    details: { file },
  });
}

/** Durable when it returns. */
export function writeJournalFile(file: string, journal: TrackingJournal): void {
  requireFreeFile(file);
  writeFileAtomic(file, printJournal(journal), { asUser: true });
}

export function removeJournalFile(file: string): void {
  removeFile(file);
  syncDirectory(dirname(file));
}

/**
 * A journal is what somebody wants to go back with: none is ever overwritten.
 * @throws StoreError UNSAFE, NOT_FOUND
 */
export function requireFreeFile(file: string): void {
  if (existsSync(file)) {
    throw new StoreError("UNSAFE", `${file} exists already, and may be the journal of another change`, {
      hint: "Nothing was changed. Name another file, or move that one away.",
      details: { file },
    });
  }
  if (existsSync(dirname(file))) return;
  throw new StoreError("NOT_FOUND", `there is no directory for the journal ${file}`, {
    hint: "Nothing was changed. Make the directory, or name another file.",
    details: { file },
  });
}
