import { printableCommand } from "../../model/printable.ts";
import type { Blame, BlameResult } from "../../operations/packages/blame.ts";
import { formatLocalTime } from "./local-time.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";
import { versionText } from "./version-text.ts";

export function blameLines({ file, packages }: BlameResult, style: Style): string[] {
  return packages.flatMap((item, at) => [
    ...(at > 0 ? [""] : []),
    style.paint(item.hidden ? "faint" : "strong", headline(file, item)),
    ...formatTable(facts(item).map(([name, value]) => [{ text: `  ${name}` }, { text: printable(value) }])),
  ]);
}

function headline(file: string, item: Blame): string {
  const hidden = item.hidden ? `  (hidden, priority ${item.priority})` : "";
  return `${printable(file)}  ${item.name} ${versionText(item)}${hidden}`;
}

function facts(item: Blame): (readonly [name: string, value: string])[] {
  const { path, recipe, sources, generation, created, orEarlier, transaction, command, user, origin } = item;
  const when = formatLocalTime(new Date(created));
  return [
    ["object", path],
    ...(recipe === undefined ? [] : [["recipe", recipe] as const]),
    ...sources.map((source, at) => [at === 0 ? "source" : "", source] as const),
    ...(sources.length === 0 ? [["source", `${origin?.kind ?? "unknown"}, not recorded`] as const] : []),
    ["generation", `gen-${generation}${orEarlier ? " or an earlier one that is gone" : ""}  ${when}`],
    ["transaction", transaction === 0 ? "not recorded" : `#${transaction}`],
    ["command", `${printableCommand(command)}${user === undefined ? "" : `  (${user})`}`],
  ];
}
