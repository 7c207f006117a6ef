import type { Command, OptionSpec, OptionSpecs } from "../../src/cli/command.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/global-options.ts";

/** A page with its generated parts as they must be: each stands between two comments that name it. */
export function withReference(page: string, commands: readonly Command[]): string {
  const parts = { options: optionTable(GLOBAL_OPTIONS), commands: commands.map(commandSection).join("\n") };
  let result = page;
  for (const [name, text] of Object.entries(parts)) {
    const [start, end] = [`<!-- generated: ${name} -->\n`, `<!-- end of ${name} -->`];
    const [before, rest] = cut(result, start);
    result = `${before}${start}\n${text}\n${end}${cut(rest, end)[1]}`;
  }
  return result;
}

function cut(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the page lacks ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function commandSection(command: Command): string {
  const { name, aliases = [], summary, details, positionals, options, examples, json, runs } = command;
  const words = Object.entries(positionals).map(([each, { describe }]) => `- \`${each.toUpperCase()}\`: ${describe}.`);
  if (runs) words.push(`- \`COMMAND\`: ${runs.describe}.`);
  const parts = [
    `### store ${name}`,
    `    ${synopsis(command)}`,
    `${summary}.${aliases.length > 0 ? ` Also called ${aliases.map((alias) => `\`${alias}\``).join(", ")}.` : ""}`,
    ...(details === undefined ? [] : [details]),
    ...(words.length > 0 ? [words.join("\n")] : []),
    ...(Object.keys(options).length > 0 ? [optionTable(options).trimEnd()] : []),
    ["```sh", ...examples.map(([line, what]) => `${line}    # ${what}`), "```"].join("\n"),
    `With \`--json\`: \`${json}\``,
  ];
  return `${parts.join("\n\n")}\n`;
}

function synopsis({ name, positionals, options, runs }: Command): string {
  const shapes = { one: "$", optional: "[$]", some: "$…", any: "[$…]" } as const;
  const words = Object.entries(positionals).map(([each, { need }]) => shapes[need].replace("$", each.toUpperCase()));
  return [
    "store",
    name,
    ...words,
    ...(Object.keys(options).length > 0 ? ["[OPTION…]"] : []),
    ...(runs ? ["-- COMMAND…"] : []),
  ].join(" ");
}

function optionTable(specs: OptionSpecs): string {
  const rows = Object.entries(specs).map(([name, spec]) => `| ${spelling(name, spec)} | ${cell(spec.describe)} |`);
  return ["| option | |", "| --- | --- |", ...rows, ""].join("\n");
}

function spelling(name: string, spec: OptionSpec): string {
  const long =
    spec.type === "string" ? `--${name} ${spec.value}` : spec.default === true ? `--no-${name}` : `--${name}`;
  return [...(spec.alias === undefined ? [] : [`\`-${spec.alias}\``]), `\`${cell(long)}\``].join(", ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
