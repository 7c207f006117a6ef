import type { Stuck } from "../../store/collection/stuck.ts";
import type { RunOptions } from "../run-options.ts";

/** Warns of what a collection could not remove. */
export function tellStuck(stuck: readonly Stuck[], { onEvent }: RunOptions): void {
  const [first, ...others] = stuck;
  if (first === undefined) return;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  onEvent?.({
    kind: "warning",
    message: `something that nothing needs could not be removed${more}: ${first}`,
    hint: "`store gc` removes it when that is possible again.",
  });
}
