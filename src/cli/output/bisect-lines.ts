import { printableCommand } from "../../model/printable.ts";
import type { BisectResult } from "../../operations/running/bisect.ts";
import type { BisectTest } from "../../operations/running/bisect-test.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";
import { differenceLines } from "./show-change.ts";
import type { Style } from "./style.ts";

/** One test, as it is told while the search goes on: `gen-35  bad (exit 1, 0.3 s)`. */
export function testLine({ generation, packages, verdict, reason, seconds }: BisectTest, style: Style): string {
  const what = packages ? `gen-${generation}, of its changes only ${packages.join(", ")}` : `gen-${generation}`;
  const shown = style.paint(verdict === "bad" ? "removed" : verdict === "good" ? "added" : "faint", verdict);
  return `${what}: ${shown} (${printable(reason)}${seconds > 0 ? `, ${formatDuration(seconds * 1000)}` : ""})`;
}

/** What a search found. */
export function verdictLines(result: BisectResult, style: Style): string[] {
  const { firstBad, lastGood, untested, guilty, certain, transaction, command } = result;
  const told = command.length > 0 ? `: ${printableCommand(command)}` : "";
  const changes = differenceLines(guilty, style);
  const which = untested.length > 0 ? ` (or ${untested.map((each) => `gen-${each}`).join(", ")}, untested)` : "";
  const count = changes.length === 1 ? "This change is" : `These ${changes.length} changes together are`;
  const cause =
    changes.length === 0
      ? "No package differs."
      : certain
        ? `${count} the cause:`
        : "Among these changes is the cause:";
  return [
    style.paint("strong", `gen-${firstBad} is the first bad generation${which}; gen-${lastGood} is good`),
    ...(transaction > 0 ? [`It was made by transaction #${transaction}${told}`] : []),
    cause,
    ...changes,
  ];
}
