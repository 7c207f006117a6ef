import { failureText } from "../../../model/explain-failure.ts";
import type { BaseName } from "../../../model/ids.ts";
import type { Finding, Outcome } from "../../../model/verify/finding.ts";
import type { Store } from "../../../store/open-store.ts";
import type { ObtainedTree } from "../../../store/repair/good-file.ts";
import type { NameBook } from "../../../store/repair/mend-records.ts";
import type { VerifySettings } from "../../../store/verify/settings.ts";
import type { RunOptions } from "../../run-options.ts";

/** What all repairs of one run share. */
export interface RepairContext {
  readonly store: Store;
  /** Reads contents. */
  readonly settings: VerifySettings;
  readonly names: NameBook;
  readonly run: RunOptions;
  /** A private directory on the store's filesystem. */
  readonly scratch: string;
  readonly report: RepairReport;
  /** Makes or fetches an object again, without touching the one in the store; each is tried once. */
  obtain(object: BaseName): Promise<ObtainedTree | undefined>;
  /** Makes an object that is not there be in the store; tells where it came from. */
  restore(object: BaseName): Promise<string | undefined>;
}

/** What was done about findings, by kind and subject. */
export interface RepairReport {
  done(finding: Pick<Finding, "kind" | "subject">, from: string): void;
  failed(finding: Pick<Finding, "kind" | "subject">, reason: string): void;
  outcomeOf(finding: Pick<Finding, "kind" | "subject">): Outcome | undefined;
}

export function createReport(): RepairReport {
  const outcomes = new Map<string, Outcome>();
  return {
    done: (finding, from) => void outcomes.set(keyOf(finding), { state: "repaired", from }),
    failed: (finding, reason) => void outcomes.set(keyOf(finding), { state: "failed", reason }),
    outcomeOf: (finding) => outcomes.get(keyOf(finding)),
  };
}

export function keyOf({ kind, subject }: Pick<Finding, "kind" | "subject">): string {
  return `${kind} ${subject}`;
}

/** Runs a repair of one thing; a disk or permission that refuses is told with it, and the others go on. */
export async function attempt(
  { store, report, run }: RepairContext,
  findings: readonly Pick<Finding, "kind" | "subject">[],
  action: () => Promise<void>,
): Promise<void> {
  run.signal?.throwIfAborted();
  try {
    await action();
  } catch (error) {
    if (run.signal?.aborted) throw error;
    const reason = failureText(error, store.layout.root);
    for (const finding of findings) if (!report.outcomeOf(finding)) report.failed(finding, reason);
  }
}
