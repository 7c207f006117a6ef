import type { ListedCheckpoint } from "../../operations/profiles/checkpoint.ts";
import { formatLocalTime, formatRelativeTime } from "./local-time.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";
import { type Cell, formatTable } from "./table.ts";

export function checkpointLines(
  checkpoints: readonly ListedCheckpoint[],
  { style, now }: { readonly style: Style; readonly now: Date },
): string[] {
  return formatTable(checkpoints.map((each) => cells(each, style, now)));
}

function cells({ name, generation, created, reason }: ListedCheckpoint, style: Style, now: Date): Cell[] {
  const time = created === null ? undefined : new Date(created);
  return [
    { text: `tag:${printable(name)}`, paint: (shown) => style.paint("strong", shown) },
    { text: `gen-${generation}` },
    { text: time ? formatLocalTime(time) : "" },
    { text: time ? formatRelativeTime(time, now) : "", paint: (shown) => style.paint("faint", shown) },
    { text: reason === null ? "(deleted)" : printable(reason) },
  ];
}
