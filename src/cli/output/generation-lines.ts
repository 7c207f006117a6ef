import { clip } from "../../model/printable.ts";
import type { ListedGeneration } from "../../operations/packages/list.ts";
import { formatLocalTime, formatRelativeTime } from "./local-time.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";
import { type Cell, formatTable } from "./table.ts";

const HEAD = ["", "GENERATION", "CREATED", "", "PARENT", "PACKAGES", "REASON"];

/** Longer ones name hundreds of packages. */
const LONGEST_REASON = 120;

/** A table of generations, the newest last. */
export function generationLines(
  generations: readonly ListedGeneration[],
  { style, now }: { readonly style: Style; readonly now: Date },
): string[] {
  if (generations.length === 0) return [];
  const head = HEAD.map((text) => ({ text, paint: (shown: string) => style.paint("faint", shown) }));
  return formatTable([head, ...generations.map((each) => cells(each, style, now))]);
}

function cells(each: ListedGeneration, style: Style, now: Date): Cell[] {
  const created = new Date(each.created);
  const isLive = (shown: string) => (each.current ? style.paint("current", shown) : shown);
  return [
    { text: each.current ? "*" : " ", paint: isLive },
    { text: `gen-${each.generation}`, paint: isLive },
    { text: formatLocalTime(created) },
    { text: formatRelativeTime(created, now), paint: (shown) => style.paint("faint", shown) },
    { text: each.parent === null ? "-" : `gen-${each.parent}` },
    { text: String(each.packages.length), align: "right" },
    { text: [clip(printable(each.reason), LONGEST_REASON), ...marks(each).map((mark) => `[${mark}]`)].join(" ") },
  ];
}

function marks({ pinned, tags }: ListedGeneration): string[] {
  return [...(pinned ? ["pinned"] : []), ...tags.map((tag) => `tag:${printable(tag)}`)];
}
