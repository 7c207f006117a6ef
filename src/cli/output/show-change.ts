import {
  byName,
  type Change,
  type PackageDifference,
  type PackageSummary,
  type PlannedBuild,
  type PlannedChange,
  type PlannedFetch,
  type PlannedPackage,
} from "../../model/change.ts";
import { packageStep } from "../../model/package-step.ts";
import type { SwitchedChange } from "../../operations/switch.ts";
import type { Store } from "../../store/open-store.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "./printable.ts";
import { formatCount, formatDuration, formatSize } from "./quantities.ts";
import type { Style } from "./style.ts";
import { versionText } from "./version-text.ts";
import { withPath, withPaths } from "./with-paths.ts";

/** Tells what a change did, unless that was told before, and how to take it back. */
export function showChange(
  { output, global }: CommandContext,
  store: Store,
  change: SwitchedChange,
  back: string,
  { isToldBefore = false }: { readonly isToldBefore?: boolean } = {},
): void {
  output.result(withPaths(store, change), (style) => [
    isToldBefore ? doneLine(change, style) : headline(change, style),
    ...(isToldBefore ? [] : differenceLines(change, style)),
    ...obtainedLines(change),
  ]);
  tellWayBack({ output, global }, change, back);
}

function tellWayBack(
  { output, global }: Pick<CommandContext, "output" | "global">,
  change: Change,
  back: string,
): void {
  if (!change.changed) return;
  const where = change.profile === "default" ? "" : ` -p ${change.profile}`;
  const root = global.root === undefined ? "" : ` --root ${printable(global.root)}`;
  output.note((style) => style.paint("faint", `To go back: store ${back}${where}${root}`));
}

/** Tells what a switch did, in the two phases that it consists of: what was taken away, and what was put back. */
export function showSwitch(context: CommandContext, store: Store, change: SwitchedChange, back: string): void {
  const phases = phasesOf(change);
  const told = { ...withPaths(store, change), phases: withPhasePaths(store, phases) };
  context.output.result(told, (style) => [
    headline(change, style),
    ...phaseLines(change, phases),
    ...differenceLines({ ...change, added: [], upgraded: [] }, style),
    ...differenceLines({ ...change, removed: [] }, style),
    ...obtainedLines(change),
  ]);
  tellWayBack(context, change, back);
}

function obtainedLines({ obtained = [] }: SwitchedChange): string[] {
  return obtained.map(({ path, from, where }) => `had again: ${path}, from ${printable(where ?? from)}`);
}

interface Phases {
  readonly removed: readonly PackageSummary[];
  readonly restored: readonly PackageSummary[];
}

/** Of a package with another version the old one is removed and the new one restored. */
function phasesOf({ added, removed, upgraded }: Change): Phases {
  return {
    removed: byName([...removed, ...upgraded.map(({ from }) => from)]),
    restored: byName([...added, ...upgraded.map(({ to }) => to)]),
  };
}

/** Where there are only other versions the lines themselves say it. */
function phaseLines({ added, removed: gone }: Change, { removed, restored }: Phases): string[] {
  if (added.length + gone.length === 0) return [];
  return [`${formatCount(removed.length, "package")} removed, ${restored.length} restored`];
}

function withPhasePaths(store: Store, { removed, restored }: Phases): object {
  const paths = (items: readonly PackageSummary[]) => items.map((item) => withPath(store, item));
  return { removed: paths(removed), restored: paths(restored) };
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
    ...upgraded.map((each) => style.paint("changed", `~ ${each.name} ${step(each, style)}`)),
  ];
}

interface Step {
  readonly from: PlannedPackage;
  readonly to: PlannedPackage;
  /** Why the same version with the same options is another object. */
  readonly because?: readonly string[];
}

type Difference = PackageDifference | Pick<PlannedChange, "added" | "removed" | "upgraded">;

function headline(change: Change, style: Style): string {
  if (!change.changed) return nothingToDo(change);
  return `${style.paint("strong", generations(change, style))}  (transaction #${change.transaction})`;
}

function doneLine({ to, transaction }: Change, style: Style): string {
  return `${style.paint("strong", `gen-${to} is live`)}  (transaction #${transaction})`;
}

function generations({ from, to }: Pick<Change, "from" | "to">, { arrow }: Style): string {
  return `gen-${from} ${arrow} gen-${to}`;
}

function nothingToDo({ from }: Pick<Change, "from">): string {
  return `nothing to do, gen-${from} stays live`;
}

function step({ from, to, because = [] }: Step, { arrow }: Style): string {
  const why = because.length > 0 ? `rebuilt: ${because.join(", ")}` : "other content";
  return printable(packageStep(from, to, { arrow, why }));
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
