import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeTar } from "../helpers/archives.ts";
import { makeStoreWorld, PROGRAM, type StoreWorld } from "../helpers/run-store.ts";

const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript) process.stderr.write("SKIPPED: tests on a terminal: `script` of util-linux is not installed\n");
const ESCAPE = "\x1b[";

/** So many files that each step of adding them shows its progress. */
const BIG = makeTar(
  Array.from({ length: 3000 }, (_, at) => ({ name: `d${at % 50}/f${at}`, content: `content ${at}` })),
);

describe.skipIf(!hasScript)("on a terminal", () => {
  test("long work shows one line of progress, which is gone at the end", () => {
    const world = makeStoreWorld();
    const archive = bigArchive(world);
    const { status, text } = onTerminal(world, ["add", archive], { columns: 40 });
    expect(status).toBe(0);
    const frames = text.split("\r\x1b[K").filter((frame) => /^(unpack|import|store) /.test(frame));
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame.split(/\r?\n/, 1)[0]!.length).toBeLessThan(40);
    expect(screen(text)).toMatch(/^\/.*-big-1\nadded big 1: 3,000 files, .* in .*\n$/);
  });

  test.each([
    ["--no-progress", ["--no-progress"], {}],
    ["--quiet", ["-q"], {}],
    ["--json", ["--json"], {}],
    ["TERM=dumb", [], { TERM: "dumb" }],
  ])("%s: no progress", (_what, options, env) => {
    const world = makeStoreWorld();
    const { status, text } = onTerminal(world, ["add", bigArchive(world), ...options], { env });
    expect(status).toBe(0);
    expect(text).not.toContain("\x1b[K");
    expect(text).not.toContain("unpack");
  });

  test("there are colours, unless NO_COLOR, TERM=dumb or --color=never say otherwise", () => {
    const world = makeStoreWorld();
    world.done("install", world.source("hello-1", { hello: "" }));
    const shown = (env: NodeJS.ProcessEnv, ...options: readonly string[]) =>
      onTerminal(world, ["generations", ...options], { env }).text.includes(ESCAPE);
    expect(shown({})).toBe(true);
    expect(shown({ NO_COLOR: "1" })).toBe(false);
    expect(shown({ TERM: "dumb" })).toBe(false);
    expect(shown({}, "--color=never")).toBe(false);
    expect(shown({ NO_COLOR: "1" }, "--color=always")).toBe(true);
    expect(world.run(["generations"]).stdout).not.toContain(ESCAPE);
    expect(world.run(["generations"], { env: { FORCE_COLOR: "1" } }).stdout).toContain(ESCAPE);
    expect(world.run(["generations", "--color", "always"]).stdout).toContain(ESCAPE);
  });

  test("help is as wide as the terminal", () => {
    const { text } = onTerminal(makeStoreWorld(), ["--help"], { columns: 60 });
    expect(Math.max(...text.split(/\r?\n/).map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

test("without a terminal nothing is shown on the way, with --verbose a line for each step", () => {
  const world = makeStoreWorld();
  const archive = bigArchive(world);
  expect(world.run(["add", archive]).stderr).toMatch(/^added big 1: .*\n$/);
  expect(world.run(["add", archive, "-v", "--name=b"]).stderr).toMatch(
    /^extract big-1\.tar …\nimport b 1 …\n(.*\n)*added b 1/,
  );
});

test("arrows are ASCII where the locale has nothing else", () => {
  const world = makeStoreWorld();
  const { stdout } = world.run(["install", world.source("hello-1", { hello: "" })], { env: { LANG: "C" } });
  expect(stdout).toContain("gen-0 -> gen-1");
});

function bigArchive(world: StoreWorld): string {
  const archive = join(world.directory, "big-1.tar");
  writeFileSync(archive, BIG);
  return archive;
}

/** Runs the program with a terminal for all its streams. */
function onTerminal(
  world: StoreWorld,
  args: readonly string[],
  { env = {}, columns = 80 }: { readonly env?: NodeJS.ProcessEnv; readonly columns?: number },
): { readonly status: number | null; readonly text: string } {
  const command = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(" ");
  const { status, stdout } = spawnSync("script", ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"], {
    encoding: "utf8",
    env: { ...world.env, TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 26,
  });
  return { status, text: stdout };
}

/** What stays on the terminal when erased lines are gone. */
function screen(text: string): string {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  return lines.map((line) => line.split(`\r${ESCAPE}K`).at(-1)).join("\n");
}
