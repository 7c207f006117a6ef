import type { InstalledPackage } from "./generation.ts";
import type { StepConflict } from "./package-steps.ts";
import { printableCommand } from "./printable.ts";
import type { TransactionSummary } from "./transaction-summary.ts";

/** Why a step cannot be taken: `mpfr is 4.3.0 now, not 4.2.2 (#60 upgraded it: store upgrade)`. */
export function conflictText(conflict: StepConflict, later: readonly TransactionSummary[]): string {
  const { name, from, found } = conflict;
  const by = later.find((each) => actOn(each, name) !== undefined);
  const command = by?.command ? `: ${printableCommand(by.command)}` : "";
  const who = by ? ` (#${by.tx} ${actOn(by, name)} it${command})` : "";
  return `${name} ${difference(from, found, by ? "again" : "now")}${who}`;
}

function difference(from: InstalledPackage | undefined, found: InstalledPackage | undefined, when: string): string {
  if (!found) return "is not installed now";
  if (!from) return `is installed ${when}, as ${found.version}`;
  if (from.version !== found.version) return `is ${found.version} now, not ${from.version}`;
  if (from.path !== found.path) return `${found.version} has other content or options now`;
  return `${found.version} has priority ${found.priority} now, not ${from.priority}`;
}

/** What a transaction did to a package, as a verb. */
function actOn({ switched }: TransactionSummary, name: string): string | undefined {
  const change = switched?.change;
  if (change?.added.some((item) => item.name === name)) return "installed";
  if (change?.removed.some((item) => item.name === name)) return "removed";
  const step = change?.upgraded.find((item) => item.name === name);
  if (step) return step.from.version === step.to.version ? "changed" : "upgraded";
  return undefined;
}
