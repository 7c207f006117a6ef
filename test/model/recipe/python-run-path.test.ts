import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { pythonRunPath } from "../../../src/model/recipe/python-run-path.ts";
import { makeWorld } from "../../helpers/worlds.ts";

const hasPython = existsSync("/usr/bin/python3");
if (!hasPython) process.stderr.write("SKIPPED: no python3 in /usr/bin\n");

const SITE = "lib/python3.9/site-packages";

describe.runIf(hasPython)("the run path of Python scripts", () => {
  let top: string;

  beforeEach(() => {
    top = makeWorld().directory;
    write("out/lib/python3.9/site-packages/own.py", "");
    write(`dep/${SITE}/dep.py`, "");
  });

  function write(name: string, text: string, mode = 0o755): string {
    const path = join(top, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  function run(): void {
    const env = { PATH: "/usr/bin:/bin", out: join(top, "out"), name: "own", dep_dep: join(top, "dep") };
    const script = pythonRunPath(['"$dep_dep"']);
    const { status, stderr } = spawnSync("bash", ["--norc", "-eu", "-c", script], { env, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  }

  const line = () =>
    `import sys; sys.path[:0] = ['${join(top, "out", SITE)}', '${join(top, "dep", SITE)}']  # run path\n`;

  it.each([
    ["a shebang", "#!/usr/bin/python3\n", "import own\n"],
    ["one that looks for Python", "#!/usr/bin/env python3.9\n", "import own\n"],
    ["one with options", "#!/usr/bin/env -S python3 -I\n", ""],
    ["an encoding", "#!/usr/bin/python3\n# -*- coding: latin-1 -*-\n", "# more\n"],
    ["a shebang that was too long", "#!/bin/sh\n'''exec' /a/python3 \"$0\" \"$@\"\n' '''\n", "import own\n"],
    ["a docstring and the future", '#!/usr/bin/python3\n"""\nDoc\n"""\nfrom __future__ import annotations\n', "1\n"],
  ])("stands behind %s, once, and the mode stays", (_, head, rest) => {
    const script = write("out/bin/script", head + rest, 0o555);
    run();
    expect(readFileSync(script, "utf8")).toBe(head + line() + rest);
    run();
    expect(readFileSync(script, "utf8")).toBe(head + line() + rest);
    expect(statSync(script).mode & 0o7777).toBe(0o555);
  });

  it.each([
    ["of a shell", "#!/bin/sh\necho python\n"],
    ["of another program in a directory of Python's", "#!/opt/python3/bin/ruby\n"],
    ["of Python 2", '#!/usr/bin/python\nprint "hello"\n'],
    ["without a shebang", "import own\n"],
    ["that is empty", ""],
  ])("is not put into a script %s", (_, text) => {
    const script = write("out/bin/script", text);
    run();
    expect(readFileSync(script, "utf8")).toBe(text);
  });

  it("has what the dependencies need, which is noted for the next package", () => {
    write(`dep/${SITE}/store-dep.pth`, "/far/site-packages\n");
    const script = write("out/bin/script", "#!/usr/bin/python3\n");
    run();
    expect(readFileSync(script, "utf8")).toContain(`'${join(top, "dep", SITE)}', '/far/site-packages']`);
    expect(readFileSync(join(top, "out", SITE, "store-own.pth"), "utf8")).toBe(
      `${join(top, "dep", SITE)}\n/far/site-packages\n`,
    );
  });
});
