import { profileOption } from "../../model/profile-option.ts";
import type { Reversal } from "../../operations/history/revert.ts";
import type { ProfileAt } from "../../operations/history/state-at.ts";
import { formatLocalTime } from "./local-time.ts";
import { newGeneration } from "./show-change.ts";
import { isSame, pendingLines, switchLines } from "./show-switch.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";
import { versionText } from "./version-text.ts";

/** What a revert does, or would do: the instant, the generation, the changes; or that one is there, and the next step. */
export function reversalLines(plan: Reversal, style: Style): string[] {
  const { at, from, to, before, madeFrom } = plan;
  const isAnew = madeFrom !== undefined;
  const when = at === null ? [] : [`gen-${madeFrom ?? to} was live at ${instantText(at)}`];
  if (isAnew && !isSame(plan))
    return [...when, style.paint("strong", newGeneration(plan)), ...switchLines(plan, style), ...pendingLines(plan)];
  if (!isAnew && (from !== to || plan.changed)) {
    const step = style.paint("strong", `gen-${from} ${style.arrow} gen-${to}`);
    const differences = isSame(plan) ? ["the packages are the same"] : switchLines(plan, style);
    return [...when, step, ...differences, ...pendingLines(plan)];
  }
  const where = profileOption(plan.profile);
  return [
    ...when,
    isAnew ? `gen-${from} has these packages already: nothing to do` : `gen-${to} is live already: nothing to do`,
    ...(before === null ? [] : [`The step before is gen-${before}: store revert gen-${before}${where}`]),
  ];
}

/** What was installed at a time. */
export function stateLines({ at, profile, generation, packages }: ProfileAt, { paint }: Style): string[] {
  const when = at === null ? "" : ` at ${instantText(at)}`;
  const whose = profile === "default" ? "" : ` of profile ${profile}`;
  const head = paint("strong", `gen-${generation}${whose}${when}`);
  const rows = packages.map((item) => [
    { text: item.name, paint: (text: string) => paint("strong", text) },
    { text: versionText(item) },
  ]);
  return [head, ...(packages.length === 0 ? ["no packages"] : formatTable(rows))];
}

/** `2026-11-20 18:04:05` by the clock of this process. */
function instantText(at: string): string {
  const time = new Date(at);
  return `${formatLocalTime(time)}:${String(time.getSeconds()).padStart(2, "0")}`;
}
