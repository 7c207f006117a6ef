import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeStoreWorld, PROGRAM } from "../helpers/run-store.ts";

/** A world in whose directory `files` lie data<FF> and data<U+FFFD>, and the way to run a shell's text in it. */
function makeOdd() {
  const world = makeStoreWorld();
  world.done("install", world.source("p-1", { f: "x" }));
  const files = join(world.directory, "files");
  mkdirSync(files);
  const odd = Buffer.concat([Buffer.from(join(files, "data")), Buffer.from([0xff])]);
  for (const path of [odd, join(files, "data\ufffd")]) writeFileSync(path, "");
  const store = `'${process.execPath}' '${PROGRAM}'`;
  const shell = (text: string) => {
    const script = `odd=$(printf 'data\\377'); ${text.replaceAll("store ", `${store} `)}`;
    return spawnSync("/bin/sh", ["-c", script], { cwd: files, env: world.env, encoding: "utf8" });
  };
  return { world, files, odd, shell };
}

test("an argument that is not UTF-8 is refused before anything happens, and one with U+FFFD works", () => {
  const { files, odd, shell } = makeOdd();
  for (const text of [
    'store run -- rm "$odd"',
    'store try -- rm "$odd"',
    'store journal 1 "$odd"',
    'store build p -o "$odd"',
    'store path "$odd"',
  ])
    expect(shell(text), text).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("the argument data%FF is not UTF-8"),
    });
  expect(readdirSync(files)).toHaveLength(2);
  expect(shell("store run -- rm \"$(printf 'data\\357\\277\\275')\"")).toMatchObject({ status: 0, stderr: "" });
  expect([existsSync(odd), readdirSync(files)]).toEqual([true, ["data\ufffd"]]);
});

test("in a working directory whose path is not UTF-8 nothing is done, and nothing made beside it", () => {
  const { files, shell } = makeOdd();
  for (const text of ["store archive export p", "store run -- pwd", "store list"])
    expect(shell(`mkdir -p c/"$odd"; cd c/"$odd"; ${text}`), text).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/the path of the working directory is not UTF-8: \/.*\/c\/data%FF\n/),
    });
  expect(readdirSync(join(files, "c"))).toHaveLength(1);
});

test("variables that commands get otherwise than they came are named, and those that name places refused", () => {
  const { world, shell } = makeOdd();
  expect(shell("A=$odd B=1 store run -- sh -c 'echo $B'")).toMatchObject({
    status: 0,
    stdout: "1\n",
    stderr: expect.stringMatching(/^warning: commands get U\+FFFD for what is not UTF-8 in the environment: A\n/),
  });
  expect(shell("A=$(printf '\\357\\277\\275') store run -- sh -c 'echo $A'")).toMatchObject({
    stdout: "\ufffd\n",
    stderr: "",
  });
  expect(shell(`STORE_ROOT="${world.directory}/$odd" store init`)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("the value of $STORE_ROOT is not UTF-8"),
  });
  expect(readdirSync(world.directory).some((name) => name.startsWith("data"))).toBe(false);
});
