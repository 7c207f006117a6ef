import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeStoreWorld, PROGRAM } from "../helpers/run-store.ts";
import { findShells } from "../helpers/shells.ts";

const NAMES = ["PATH", "MANPATH", "INFOPATH", "XDG_DATA_DIRS", "ACLOCAL_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH"];
const STORE = `'${process.execPath}' '${PROGRAM}'`;

const EVALUATE = {
  bash: `eval "$(${STORE} shellenv)"`,
  zsh: `eval "$(${STORE} shellenv)"`,
  sh: `eval "$(${STORE} shellenv)"`,
  fish: `${STORE} shellenv | source`,
};

test.each(findShells("bash", "zsh", "fish", "sh"))("%s finds what is installed, also after a switch", (shell) => {
  const world = makeStoreWorld();
  world.done("install", world.source("hello-1", { "bin/hello-e2e": { exec: "#!/bin/sh\necho one\n" } }));
  world.done("install", world.source("hello-2", { "bin/hello-e2e": { exec: "#!/bin/sh\necho two\n" } }));
  const env = { ...world.env, SHELL: `/bin/${shell}` };
  const script = [EVALUATE[shell], "hello-e2e", `${STORE} switch gen-1 -q >/dev/null`, "hello-e2e"].join("\n");
  const { stdout, stderr } = spawnSync(shell, ["-c", script], { encoding: "utf8", env });
  expect([stdout, stderr]).toEqual(["two\none\n", ""]);
});

test.each(findShells("bash", "zsh", "fish", "sh"))("%s: a second evaluation changes nothing", (shell) => {
  const world = makeStoreWorld();
  world.done("init");
  const env = { ...world.env, SHELL: `/bin/${shell}`, ACLOCAL_PATH: "/before" };
  const after = (times: number) => {
    const script = `${`${EVALUATE[shell]}\n`.repeat(times)}/usr/bin/env`;
    const { stdout, stderr } = spawnSync(shell, ["-c", script], { encoding: "utf8", env });
    expect(stderr).toBe("");
    const pairs = stdout.split("\n").map((line) => [line.split("=", 1)[0] ?? "", line.replace(/^[^=]*=/, "")] as const);
    return Object.fromEntries(pairs.filter(([name]) => NAMES.includes(name)));
  };
  const live = `${world.root}/profiles/default/current`;
  const once = after(1);
  expect(once).toEqual({
    PATH: `${live}/bin:${world.env.PATH}`,
    MANPATH: `${live}/share/man:`,
    INFOPATH: `${live}/share/info:`,
    XDG_DATA_DIRS: `${live}/share:/usr/local/share:/usr/share`,
    ACLOCAL_PATH: `${live}/share/aclocal:/before`,
    PKG_CONFIG_PATH: `${live}/lib/pkgconfig:${live}/share/pkgconfig`,
    CMAKE_PREFIX_PATH: live,
  });
  expect(after(2)).toEqual(once);
});

test.each(findShells("bash", "zsh", "fish"))(
  "the lines of docs/cli.md are right in %s, whatever $SHELL says",
  (shell) => {
    const world = makeStoreWorld();
    world.done("install", world.source("hello", { "bin/hello-e2e": { exec: "#!/bin/sh\necho one\n" } }));
    const row =
      readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8").match(`\\n\\| ${shell} \\|.*`)?.[0] ?? "";
    const line =
      row
        .match(/`([^`]*shellenv[^`]*)`/)?.[1]
        ?.replace("\\|", "|")
        .replace("store", STORE) ?? "no such row";
    const env = { ...world.env, SHELL: shell === "fish" ? "/bin/bash" : "/bin/fish" };
    const { stdout, stderr } = spawnSync(shell, ["-c", `${line}\nhello-e2e`], { encoding: "utf8", env });
    expect([stdout, stderr]).toEqual(["one\n", ""]);
  },
);

test("the shell can be named, the profile too, and an unknown shell is told of", () => {
  const world = makeStoreWorld();
  world.done("init");
  const env = { SHELL: "/bin/tcsh" };
  expect(world.run(["shellenv"], { env })).toMatchObject({ status: 2, stderr: expect.stringContaining("--shell") });
  expect(world.run(["shellenv", "--shell", "fish"], { env }).stdout).toContain("set -gx PATH '");
  expect(world.run(["shellenv", "-p", "work"], { env: { SHELL: undefined } }).stdout).toContain(
    "/profiles/work/current/bin",
  );
  expect(world.done("shellenv", "--json").json()).toMatchObject(NAMES.map((variable) => ({ variable })));
});
