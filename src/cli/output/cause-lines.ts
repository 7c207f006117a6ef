import type { Json } from "../../model/canonical-json.ts";
import { isJsonObject } from "../../model/json-object.ts";
import type { Cause } from "../../model/trace-causes.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** One line for each difference between two derivations; what lies behind an input's is indented below it. */
export function causeLines(causes: readonly Cause[], style: Style, indent = "  "): string[] {
  return causes.flatMap(({ member, before, after, causes: behind }) => [
    `${indent}${printable(member)} ${changeText({ before, after }, style)}`,
    ...causeLines(behind, style, `${indent}  `),
  ]);
}

/** Longer values say less than that they changed. */
const LONGEST = 60;

function changeText({ before, after }: Pick<Cause, "before" | "after">, { arrow }: Style): string {
  if (before === undefined) return withValue("is new", valueText(after));
  if (after === undefined) return withValue("is gone", valueText(before));
  const [old, now] = [valueText(before), valueText(after)];
  return old === undefined || now === undefined || old === now ? "changed" : `changed: ${old} ${arrow} ${now}`;
}

function withValue(what: string, value: string | undefined): string {
  return value === undefined ? what : `${what}: ${value}`;
}

/** Of an input its path; nothing of what is long or has several lines. */
function valueText(value: Json | undefined): string | undefined {
  const path = isJsonObject(value) ? value.path : undefined;
  if (typeof path === "string") return printable(path);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text === undefined || text.length > LONGEST || text.includes("\n")) return undefined;
  return text === "" ? "(empty)" : printable(text);
}
