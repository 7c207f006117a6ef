import type { Json } from "./canonical-json.ts";
import { isJsonObject } from "./json-object.ts";

interface Side {
  readonly version: string;
  readonly options?: Json | undefined;
}

/**
 * How one package became another of the same name: `{4.2.0 -> 4.2.2}`, `1.2 [+x11 → -x11]`, `1.2 (rebuilt)`. `why` stands
 * in the parentheses.
 */
export function packageStep(from: Side, to: Side, words: { readonly arrow: string; readonly why: string }): string {
  const version = from.version === to.version ? to.version : `{${from.version} -> ${to.version}}`;
  const options = optionStep(from, to, words.arrow);
  if (options !== "") return `${version} ${options}`;
  return from.version === to.version ? `${version} (${words.why})` : version;
}

/** `[+x11 → -x11]`: the options that differ; empty when none does. */
function optionStep(from: Side, to: Side, arrow: string): string {
  const [old, now] = [optionTexts(from.options), optionTexts(to.options)];
  const only = (texts: readonly string[], others: readonly string[]) => texts.filter((text) => !others.includes(text));
  const [before, after] = [only(old, now), only(now, old)];
  return before.length + after.length === 0 ? "" : `[${[...before, arrow, ...after].join(" ")}]`;
}

function optionTexts(options: Json | undefined): readonly string[] {
  if (!isJsonObject(options)) return [];
  return Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (typeof value === "boolean" ? `${value ? "+" : "-"}${name}` : `${name}=${value}`));
}
