import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCommand } from "../../src/cli/registry.ts";
import { differences, readShape } from "../helpers/json-shape.ts";
import { keepWorld } from "../helpers/kept-world.ts";

const makeWorld = keepWorld((world) => {
  const tool = (version: string) =>
    world.source(`tool-${version}`, { "bin/tool": { exec: `#!/bin/sh\necho ${version}\n` } });
  world.done("install", tool("1"), world.source("other-1", { other: "" }));
  world.done("install", tool("2"));
  world.done("install", tool("2"), "--priority", "4");
  world.done("checkpoint", "first", "1");
  const recipe = "name: hi\nversion: 1\nbuild: script\nphases:\n  install: mkdir $out\n";
  for (const [directory, text] of Object.entries({ good: recipe, wrong: `${recipe}biuld: make\n` })) {
    mkdirSync(join(world.directory, directory, "hi"), { recursive: true });
    writeFileSync(join(world.directory, directory, "hi/recipe.yaml"), text);
  }
  world.done("build", "--recipes", "good", "--sandbox", "off", "hi");
});

/**
 * Commands, behind which words of their description the shape stands if not at its beginning, and what the description
 * tells besides it.
 */
const COMMANDS: readonly (readonly [line: string, before?: string, besides?: readonly string[]])[] = [
  ["install other-1"],
  ["install other-1 --priority 7"],
  ["remove other"],
  ["upgrade"],
  ["list"],
  ["generations"],
  ["install other-1 --dry-run", "", ["fetch", "build"]],
  ["switch 1 --dry-run", "", ["fetch", "build"]],
  ["undo 2 --dry-run", "", ["fetch", "build"]],
  ["generations delete 2 --dry-run", "delete: ", ["freedBytes", "freedInodes"]],
  ["generations delete 2", "delete: "],
  ["switch 1"],
  ["rollback -n 2"],
  ["revert 1"],
  ["plan 1"],
  ["state --at 1"],
  ["blame tool"],
  ["checkpoint x"],
  ["checkpoint", "without NAME "],
  ["compare 1 2 -- tool"],
  ["bisect --good 1 --bad 2 -- sh -c x=$(tool);test\t$x\t=\t1"],
  ["undo 2"],
  ["undo 4"],
  ["redo 4"],
  ["journal 2 file.journal", "with FILE "],
  ["diff 1 2"],
  ["diff 1 2 --files", "", ["files"]],
  ["log verify", "verify: "],
  ["log repair", "repair: "],
  ["log reseal", "reseal: "],
  ["log trim --keep-last 2", "trim: "],
  ["pin"],
  ["unpin 1"],
  ["profiles"],
  ["path"],
  ["shellenv --shell bash"],
  ["add other-1"],
  ["verify --contents"],
  ["doctor"],
  ["info"],
  ["info tool", "or the manifest: "],
  ["why tool"],
  ["closure tool"],
  ["du"],
  ["du tool", "with OBJECT "],
  ["gc --dry-run"],
  ["gc --keep 1"],
  ["archive add tool", "add: "],
  ["archive ls", "ls: "],
  ["archive prune", "prune: "],
  ["archive export tool", "export: "],
  ["archive index .", "index: "],
  ["root add tool", "add: "],
  ["config"],
  ["recipe check wrong", "check: "],
  ["recipe list --recipes good", "list: "],
  ["build --recipes good --sandbox off hi"],
  ["build --recipes good --sandbox off --check hi", "with --check "],
  ["why-rebuild --recipes good --sandbox off hi"],
  ["derivation --recipes good --sandbox off hi"],
  ["log-of hi"],
  ["repro --recipes good --sandbox off hi"],
  ["init --root elsewhere"],
  ["completion bash"],
];

const ROWS = COMMANDS.map(([line, before = "", besides = []]) => ({ line, before, besides }));

test.each(ROWS)("the JSON of $line has the members that its help tells, and no others", async (row) => {
  const { line, before, besides } = row;
  const world = makeWorld();
  const words = line.split(" ").map((word) => word.replaceAll("\t", " "));
  const text = (await loadCommand(words[0] ?? ""))?.json ?? "";
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  const run = world.run([...words.slice(0, end), "--json", ...words.slice(end)], { cwd: world.directory });
  expect(differences(run.json(), readShape(text, before))).toEqual(besides.map((name) => `+ .${name}`));
  for (const name of besides) expect(text).toContain(name);
});
