import type {
  Change,
  PackageDifference,
  PlannedBuild,
  PlannedChange,
  PlannedFetch,
  PlannedPackage,
} from "../../model/change.ts";
import { packageStep } from "../../model/package-step.ts";
import { profileOption } from "../../model/profile-option.ts";
import { formatSize } from "../../model/size.ts";
import type { Store } from "../../store/open-store.ts";
import type { CommandContext } from "../context.ts";
import { expectedTimeLine } from "./expected-time.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";
import type { Style } from "./style.ts";
import { versionText } from "./version-text.ts";
import { withPaths } from "./with-paths.ts";

/** Tells what a change did, and how to take it back. */
export function showChange(context: CommandContext, store: Store, change: Change, back: string): void {
  context.output.result(withPaths(store, change), (style) => [
    headline(change, style),
    ...differenceLines(change, style),
  ]);
  tellWayBack(context, change, back);
}

/** The note on how to take a change back. */
export function tellWayBack({ output, global }: CommandContext, change: Change, back: string): void {
  if (!change.changed) return;
  const where = profileOption(change.profile);
  const root = global.root === undefined ? "" : ` --root ${printable(global.root)}`;
  output.note((style) => style.paint("faint", `To go back: store ${back}${where}${root}`));
}

/** Tells what a change would do. */
export function showPlan({ output }: CommandContext, store: Store, plan: PlannedChange): void {
  output.result(withPaths(store, plan), (style) => {
    const differences = differenceLines(plan, style);
    const first = differences.length === 0 ? nothingToDo(plan) : `would make ${newGeneration(plan)} live`;
    return [style.paint("strong", first), ...differences, ...transferLines(plan)];
  });
}

/** `+ zlib 1.3.1`, `- m4 1.4`, `~ mpfr {4.2.0 -> 4.2.2}`, `~ awk 1.0 (priority 5 → 3)`. */
export function differenceLines(difference: Difference, style: Style): string[] {
  const { added, removed, upgraded, adjusted = [] } = difference;
  const settings = new Map(adjusted.map((each) => [each.name, each]));
  const isUpgraded = new Set(upgraded.map(({ name }) => name));
  const changed: readonly Step[] = [
    ...upgraded.map((each) => ({ ...each, ...settings.get(each.name) })),
    ...adjusted.filter(({ name }) => !isUpgraded.has(name)),
  ];
  return [
    ...added.map((item) => style.paint("added", `+ ${packageText(item)}`)),
    ...removed.map((item) => style.paint("removed", `- ${packageText(item)}`)),
    ...changed.map((each) => style.paint("changed", `~ ${each.name} ${step(each, style)}`)),
  ];
}

interface Step {
  readonly name: string;
  readonly from: PlannedPackage;
  readonly to: PlannedPackage;
  /** Why the same version with the same options is another object. */
  readonly because?: readonly string[];
}

type Difference = PackageDifference | Pick<PlannedChange, "added" | "removed" | "upgraded" | "adjusted">;

/** `gen-1 → gen-2  (transaction #2)`. */
export function headline(change: Change, style: Style): string {
  if (!change.changed) return nothingToDo(change);
  return `${style.paint("strong", generations(change, style))}  (transaction #${change.transaction})`;
}

export function newGeneration({ from }: Pick<Change, "from">): string {
  return `a new generation after gen-${from}`;
}

export function generations({ from, to }: Pick<Change, "from" | "to">, { arrow }: Style): string {
  return `gen-${from} ${arrow} gen-${to}`;
}

export function nothingToDo({ from }: Pick<Change, "from">): string {
  return `nothing to do, gen-${from} stays live`;
}

function step({ from, to, because = [] }: Step, { arrow }: Style): string {
  const why = because.length > 0 ? `rebuilt: ${because.join(", ")}` : "other content";
  return printable(packageStep(from, to, { arrow, why }));
}

function packageText(item: Omit<PlannedPackage, "path">): string {
  return `${item.name} ${versionText(item)}`;
}

/** What would be downloaded and built. */
export function transferLines({ fetch, build }: Pick<PlannedChange, "fetch" | "build">): string[] {
  return [...fetch.map(fetchLine), ...build.map(buildLine), ...expectedTimeLine(build)];
}

function fetchLine({ name, version, url, bytes }: PlannedFetch): string {
  return `fetch ${name} ${version}: ${printable(url)}${bytes === undefined ? "" : `  (${formatSize(bytes)})`}`;
}

function buildLine(item: PlannedBuild): string {
  const { certain, reason, expectedSeconds } = item;
  const took = expectedSeconds === undefined ? "" : `  (took ${formatDuration(1000 * expectedSeconds)} last time)`;
  return `${certain ? "build" : "perhaps build"} ${packageText(item)}: ${printable(reason)}${took}`;
}
