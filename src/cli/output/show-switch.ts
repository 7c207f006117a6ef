import { byName, type PackageDifference, type PackageSummary } from "../../model/change.ts";
import { formatCount } from "../../model/format-count.ts";
import type { SwitchedChange } from "../../operations/profiles/switch.ts";
import type { Store } from "../../store/open-store.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "./printable.ts";
import {
  differenceLines,
  generations,
  headline,
  newGeneration,
  nothingToDo,
  tellWayBack,
  transferLines,
} from "./show-change.ts";
import type { Style } from "./style.ts";
import { withPath, withPaths } from "./with-paths.ts";

/** Tells what a change to an earlier state did, or of one whose plan was told before that it is done. */
export function showSwitch(
  context: CommandContext,
  store: Store,
  change: SwitchedChange,
  { isToldBefore = false }: { readonly isToldBefore?: boolean } = {},
): void {
  const done = (style: Style) =>
    isToldBefore ? [doneLine(change, style)] : [headline(change, style), ...switchLines(change, style)];
  context.output.result(switchValue(store, change), (style) => [...done(style), ...obtainedLines(change, "had again")]);
  tellWayBack(context, change, "switch -");
}

/** Tells what such a change would do. */
export function showSwitchPlan(context: CommandContext, store: Store, plan: SwitchedChange): void {
  context.output.result(switchPlanValue(store, plan), (style) => {
    const lines = switchLines(plan, style);
    const isNew = plan.to === plan.from;
    const first =
      isNew && isSame(plan)
        ? nothingToDo(plan)
        : `would make ${isNew ? newGeneration(plan) : generations(plan, style)} live`;
    return [style.paint("strong", first), ...lines, ...pendingLines(plan)];
  });
}

/** A change to an earlier state as JSON shows it: with the two phases that it consists of, and what was missing for it. */
export function switchValue(store: Store, change: SwitchedChange): object {
  const { removed, restored } = phasesOf(change);
  const { obtained = [], leftOut = [] } = change;
  const paths = (items: readonly PackageSummary[]) => items.map((item) => withPath(store, item));
  return {
    ...withPaths(store, change),
    phases: { removed: paths(removed), restored: paths(restored) },
    obtained: obtained.map((each) => ({ ...withPath(store, each), where: each.where ?? null })),
    leftOut: paths(leftOut),
  };
}

/** The same of one that was only thought through: also with what would be downloaded and built. */
export function switchPlanValue(store: Store, plan: SwitchedChange): object {
  return { fetch: [], build: [], ...switchValue(store, plan) };
}

/** What is taken away, then what is put back, which is one switch all the same. */
export function switchLines(change: SwitchedChange, style: Style): string[] {
  return [
    ...anewLines(change),
    ...phaseLines(change),
    ...differenceLines({ added: [], removed: change.removed, upgraded: [] }, style),
    ...differenceLines({ ...change, removed: [] }, style),
  ];
}

function anewLines(change: SwitchedChange): string[] {
  const { madeFrom, wasDeleted, leftOut = [] } = change;
  if (madeFrom === undefined) return [];
  const without = leftOut.length > 0 ? ` without ${leftOut.map(({ name }) => name).join(", ")}` : "";
  if (change.to === change.from && isSame(change)) {
    const reason = wasDeleted ? "was deleted" : "is not whole";
    return [`gen-${madeFrom} ${reason}: gen-${change.from} has its packages${without}`];
  }
  return wasDeleted
    ? [`gen-${madeFrom} was deleted: its packages, as the log tells them, make a new generation${without}`]
    : [`gen-${madeFrom} is not whole: its packages make a new generation${without}`];
}

/** What having missing objects again would take. */
export function pendingLines(plan: SwitchedChange): string[] {
  const { fetch = [], build = [] } = plan;
  return [...obtainedLines(plan, "would be had again"), ...transferLines({ fetch, build })];
}

export function isSame({ added, removed, upgraded, adjusted = [] }: PackageDifference): boolean {
  return added.length + removed.length + upgraded.length + adjusted.length === 0;
}

function doneLine({ to, transaction, changed }: SwitchedChange, style: Style): string {
  const live = style.paint("strong", `gen-${to} is live`);
  return changed ? `${live}  (transaction #${transaction})` : live;
}

function obtainedLines({ obtained = [] }: SwitchedChange, verb: string): string[] {
  return obtained.map(({ path, from, where }) => `${verb}: ${path}, from ${printable(where ?? from)}`);
}

interface Phases {
  readonly removed: readonly PackageSummary[];
  readonly restored: readonly PackageSummary[];
}

/** Of a package with another version the old one is removed and the new one restored. */
function phasesOf({ added, removed, upgraded }: PackageDifference): Phases {
  return {
    removed: byName([...removed, ...upgraded.map(({ from }) => from)]),
    restored: byName([...added, ...upgraded.map(({ to }) => to)]),
  };
}

/** Where there are only other versions the lines themselves say it. */
function phaseLines(change: SwitchedChange): string[] {
  const { removed, restored } = phasesOf(change);
  if (change.added.length + change.removed.length === 0) return [];
  return [`${formatCount(removed.length, "package")} removed, ${restored.length} restored`];
}
