import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { expandAlias } from "../../src/cli/arguments/expand-alias.ts";
import { parseQuickly } from "../../src/cli/arguments/parse-quickly.ts";
import type { OptionSpecs } from "../../src/cli/command.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/global-options.ts";
import { loadQuickCommand, QUICK_COMMANDS } from "../../src/cli/quick-commands.ts";
import { commandNames, loadCommand, loadCommands } from "../../src/cli/registry.ts";

const commands = await loadCommands();

test("every file of a command is registered under its names, once", () => {
  const files = readdirSync(new URL("../../src/cli/commands", import.meta.url)).map((file) =>
    file.replace(/\.ts$/, ""),
  );
  expect(commands.map(({ name }) => name).sort()).toEqual(files.sort());
  const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect([...commandNames()].sort()).toEqual(names.sort());
});

test.each(commandNames())("%s loads what it names", async (name) => {
  const command = await loadCommand(name);
  expect([command?.name, ...(command?.aliases ?? [])]).toContain(name);
});

test("quick commands are the same in both places", async () => {
  for (const name of Object.keys(QUICK_COMMANDS)) expect(await loadQuickCommand(name)).toBe(await loadCommand(name));
  for (const name of ["install", "__proto__", "toString", ""]) expect(await loadQuickCommand(name)).toBeUndefined();
});

test.each(commands.map((command) => [command.name, command] as const))(
  "%s is told of like the others",
  (_name, command) => {
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(command.summary.length).toBeLessThan(80);
    expect(command.examples.length).toBeGreaterThan(0);
    const own = Object.keys(command.options);
    expect(own.filter((name) => name in GLOBAL_OPTIONS)).toEqual([]);
    expect(Object.keys(command.positionals).filter((name) => own.includes(name) || name in GLOBAL_OPTIONS)).toEqual([]);
    const specs: OptionSpecs = { ...GLOBAL_OPTIONS, ...command.options };
    const letters = Object.values(specs).flatMap(({ alias }) => alias ?? []);
    expect(new Set(letters).size).toBe(letters.length);
    // The help tells by that which options want a value.
    for (const option of Object.values(command.options as OptionSpecs))
      for (const word of "value" in option ? option.value.split("|") : []) expect(option.describe).toContain(word);
  },
);

const examples = commands.flatMap(({ name, examples: all }) => all.map(([line]) => [name, line] as const));

/** Examples that show what another command makes of the result. */
const OF_OTHERS = new Map([["store build mpfr-4.2.0.repro.tar.gz", "build"]]);

test.each(examples)("an example of %s is a command line in order: %s", async (name, line) => {
  const found = /\bstore [^$)|<>]*/.exec(line)?.[0] ?? "";
  const words = [...found.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
  const parsed = await parseQuickly(expandAlias(words.slice(1)), loadCommand);
  expect(parsed?.command.name).toBe(OF_OTHERS.get(line) ?? name);
});
