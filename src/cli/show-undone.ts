import { markText } from "../model/marks.ts";
import type { UndoneChange } from "../operations/history/undo.ts";
import type { Store } from "../store/open-store.ts";
import type { CommandContext } from "./context.ts";
import { showSwitch, showSwitchPlan, switchPlanValue, switchValue } from "./output/show-switch.ts";

/** Tells what taking a transaction back, or doing it again, did or would do. */
export function showUndone(
  context: CommandContext,
  store: Store,
  { change, dryRun }: { readonly change: UndoneChange; readonly dryRun: boolean },
): void {
  const { mark } = change;
  if (mark) {
    const state = dryRun ? "would be" : change.changed ? "now" : "already";
    const number = change.changed ? `  (transaction #${change.transaction})` : "";
    const value = dryRun ? switchPlanValue(store, change) : switchValue(store, change);
    context.output.result(value, () => [`${state}: ${markText(mark)}${number}`]);
  } else if (dryRun) showSwitchPlan(context, store, change);
  else showSwitch(context, store, change);
}
