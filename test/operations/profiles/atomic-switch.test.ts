import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { currentPath } from "../../../src/store/layout.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, installFrom, makeProfileWorld, type ProfileWorld, switchTo } from "../../helpers/profile-worlds.ts";

const SWITCHES = 5000;

/** The reader's command: compiled where there is a C compiler. */
function readerCommand(world: ProfileWorld): readonly [file: string, ...args: string[]] {
  const source = fileURLToPath(new URL("../../helpers/reader.c", import.meta.url));
  const program = join(world.directory, "reader");
  const { status } = spawnSync("cc", ["-O2", "-o", program, source]);
  if (status === 0) return [program];
  process.stderr.write("no C compiler: the reader is the slower one in JavaScript\n");
  return [process.execPath, fileURLToPath(new URL("../../helpers/reader.mjs", import.meta.url))];
}

it(`a reader never misses and never sees a mixture while ${SWITCHES} switches run (invariant 2)`, async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const content of ["a", "b"]) {
    const files = ["x", "y"].map((name) =>
      world.source(`${name}-${content}`, { [`bin/${name}`]: content.repeat(5000) }),
    );
    await installFrom(store, ...files.map((from) => ({ from, name: from.slice(-3, -2), version: "1" })));
  }
  const [file, ...args] = readerCommand(world);
  const reader = spawn(file, [...args, currentPath(store.layout, DEFAULT)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void reader.kill("SIGKILL"));
  const lines = createInterface(reader.stdout);
  const answers: string[] = [];
  lines.on("line", (line) => answers.push(line));
  await once(lines, "line");

  for (let times = 0; times < SWITCHES; times++) await switchTo(store, "-");

  reader.kill("SIGTERM");
  await once(reader, "close");
  const count = JSON.parse(answers[1] ?? "{}");
  expect(count).toMatchObject({ missed: 0, torn: 0, mixed: 0 });
  // It was there all along, and saw both.
  expect(count.reads).toBeGreaterThan(1000);
  expect(Math.min(count.a, count.b)).toBeGreaterThan(100);
  expect(brokenRules(store)).toEqual([]);
}, 600_000);
