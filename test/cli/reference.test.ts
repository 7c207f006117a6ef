import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseWithYargs } from "../../src/cli/arguments/parse-with-yargs.ts";
import { TOPICS } from "../../src/cli/debug-topics.ts";
import { EXIT_STATUS } from "../../src/cli/errors/exit-status.ts";
import { loadCommands } from "../../src/cli/registry.ts";
import { withReference } from "../helpers/cli-reference.ts";

const PAGE = fileURLToPath(new URL("../../docs/cli.md", import.meta.url));
const page = readFileSync(PAGE, "utf8");
const commands = await loadCommands();

test("docs/cli.md tells what the commands are; `npx vitest run test/cli/reference.test.ts -u` brings it up to date", async () => {
  await expect(withReference(page, commands)).toMatchFileSnapshot(PAGE);
});

test.each(commands.map(({ name }) => name))(
  "the page has every option and example of store %s --help",
  async (name) => {
    const help = await parseWithYargs([name, "--help"], { width: 100, version: "" });
    const text = help.kind === "text" ? help.text : "";
    const section = page.slice(page.indexOf(`### store ${name}\n`)).split(/\n### /)[0] ?? "";
    const [own = "", common = ""] = text.split("\nWhere:\n");
    for (const [, option] of own.matchAll(/ --([a-z-]+)/g)) expect(section).toMatch(new RegExp(`--(no-)?${option}\\b`));
    const examples = /\nExamples:\n((?:.|\n)*)\n\n/.exec(`Where:\n${common}`)?.[1] ?? "";
    const lines = examples.split("\n").filter((line) => /^ {2}\S/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(section).toContain(line.trim().split(/ {2,}/)[0]);
  },
);

test("the table of exit statuses has every error where it belongs", () => {
  const rows = page.matchAll(/^\| (\d+) \|[^|]*\|([^|]*)\|$/gm);
  const told = [...rows].flatMap(([, status, codes = ""]) =>
    [...codes.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => [code, Number(status)] as const),
  );
  expect(Object.fromEntries(told)).toEqual(EXIT_STATUS);
});

test("every topic of --debug is explained", () => {
  for (const topic of TOPICS) expect(page).toContain(`\`${topic}\` (`);
});
