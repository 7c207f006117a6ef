import type { Json } from "./canonical-json.ts";
import { DEFAULT_PRIORITY } from "./generation.ts";
import { isJsonObject } from "./json-object.ts";

interface Side {
  readonly name?: Json | undefined;
  readonly version: string;
  readonly options?: Json | undefined;
  readonly path?: Json | undefined;
  readonly priority?: Json | undefined;
  readonly requested?: Json | undefined;
}

/**
 * How one package became another of the same name: `{4.2.0 -> 4.2.2}`, `1.2 [+x11 → -x11]`, `1.2 (rebuilt)`,
 * `1.2 (priority 5 → 3)`. `why` is the reason for another object that differs in nothing else.
 */
export function packageStep(from: Side, to: Side, words: { readonly arrow: string; readonly why: string }): string {
  const version = from.version === to.version ? to.version : `{${from.version} -> ${to.version}}`;
  const options = optionStep(from, to, words.arrow);
  const looksSame = from.version === to.version && options === "";
  const isSame = looksSame && from.path === to.path;
  const settings = [priorityStep(from, to, words.arrow), ...(isSame ? [requestedStep(from, to)] : [])].filter(isText);
  const remarks = looksSame && !(isSame && settings.length > 0) ? [words.why, ...settings] : settings;
  return [version, options, remarks.length > 0 ? `(${remarks.join(", ")})` : ""].filter(isText).join(" ");
}

function isText(text: string): boolean {
  return text !== "";
}

function priorityStep(from: Side, to: Side, arrow: string): string {
  const [old, now] = [from, to].map(({ priority }) => priority ?? DEFAULT_PRIORITY);
  return old === now ? "" : `priority ${old} ${arrow} ${now}`;
}

function requestedStep(from: Side, to: Side): string {
  const [old, now] = [from, to].map(({ name, requested }) => requested ?? name);
  return old === now ? "" : `asked for as ${now}`;
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
