import type {
  Change,
  PackageDifference,
  PlannedBuild,
  PlannedChange,
  PlannedFetch,
  PlannedPackage,
} from "../../model/change.ts";
import type { Store } from "../../store/open-store.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "./printable.ts";
import { formatDuration, formatSize } from "./quantities.ts";
import type { Style } from "./style.ts";
import { versionText } from "./version-text.ts";
import { withPaths } from "./with-paths.ts";

/** Tells what a change did, and how to take it back. */
export function showChange({ output, global }: CommandContext, store: Store, change: Change, back: string): void {
  output.result(withPaths(store, change), (style) => [headline(change, style), ...differenceLines(change, style)]);
  if (!change.changed) return;
  const where = change.profile === "default" ? "" : ` -p ${change.profile}`;
  const root = global.root === undefined ? "" : ` --root ${printable(global.root)}`;
  output.note((style) => style.paint("faint", `To go back: store ${back}${where}${root}`));
}

/** Tells what a change would do. */
export function showPlan({ output }: CommandContext, store: Store, plan: PlannedChange | Change): void {
  output.result(withPaths(store, plan), (style) => {
    const differences = differenceLines(plan, style);
    const would = plan.to === plan.from ? `a new generation after gen-${plan.from}` : generations(plan, style);
    const first = differences.length === 0 && plan.to === plan.from ? nothingToDo(plan) : `would make ${would} live`;
    return [style.paint("strong", first), ...differences, ...transferLines(plan)];
  });
}

/** `+ zlib 1.3.1`, `- m4 1.4`, `~ mpfr {4.2.0 -> 4.2.2}`. */
export function differenceLines(difference: Difference, style: Style): string[] {
  const { added, removed, upgraded } = difference;
  return [
    ...added.map((item) => style.paint("added", `+ ${packageText(item)}`)),
    ...removed.map((item) => style.paint("removed", `- ${packageText(item)}`)),
    ...upgraded.map(({ name, from, to }) => style.paint("changed", `~ ${name} ${step(from, to)}`)),
  ];
}

type Difference = PackageDifference | Pick<PlannedChange, "added" | "removed" | "upgraded">;

function headline(change: Change, style: Style): string {
  if (!change.changed) return nothingToDo(change);
  return `${style.paint("strong", generations(change, style))}  (transaction #${change.transaction})`;
}

function generations({ from, to }: Pick<Change, "from" | "to">, { arrow }: Style): string {
  return `gen-${from} ${arrow} gen-${to}`;
}

function nothingToDo({ from }: Pick<Change, "from">): string {
  return `nothing to do, gen-${from} stays live`;
}

function step(from: PlannedPackage, to: PlannedPackage): string {
  const [before, after] = [versionText(from), versionText(to)];
  return before === after ? `${after} (other content)` : `{${before} -> ${after}}`;
}

function packageText(item: Omit<PlannedPackage, "path">): string {
  return `${item.name} ${versionText(item)}`;
}

function transferLines(plan: PlannedChange | Change): string[] {
  if (!("fetch" in plan)) return [];
  return [...plan.fetch.map(fetchLine), ...plan.build.map(buildLine), ...timeLine(plan.build)];
}

function fetchLine({ name, version, url, bytes }: PlannedFetch): string {
  return `fetch ${name} ${version}: ${printable(url)}${bytes === undefined ? "" : `  (${formatSize(bytes)})`}`;
}

function buildLine(item: PlannedBuild): string {
  const { certain, reason, expectedSeconds } = item;
  const took = expectedSeconds === undefined ? "" : `  (took ${formatDuration(1000 * expectedSeconds)} last time)`;
  return `${certain ? "build" : "perhaps build"} ${packageText(item)}: ${printable(reason)}${took}`;
}

/** How long the builds took the last time, when that is known of one at least. */
function timeLine(builds: readonly PlannedBuild[]): string[] {
  const known = builds.flatMap(({ expectedSeconds }) => expectedSeconds ?? []);
  if (known.length === 0) return [];
  const time = formatDuration(1000 * known.reduce((sum, seconds) => sum + seconds, 0));
  const unknown = builds.length - known.length;
  return [`about ${time} to build, one after the other${unknown === 0 ? "" : `, and ${unknown} never built before`}`];
}
