import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keepWorld } from "../helpers/kept-world.ts";
import { PROGRAM, type StoreWorld } from "../helpers/run-store.ts";
import { findShells } from "../helpers/shells.ts";

const makeFilled = keepWorld((world) => {
  world.done("install", world.source("hello-1", { hello: "" }), world.source("help-me-2", { help: "" }));
  world.done("install", world.source("other-3", { other: "" }), "-p", "work");
  const bin = join(world.directory, "bin");
  mkdirSync(bin);
  symlinkSync(PROGRAM, join(bin, "store"));
  mkdirSync(join(world.directory, "files/a dir"), { recursive: true });
  writeFileSync(join(world.directory, "files/a file.tar"), "");
});

/** A store with two packages and two generations besides the empty one, and `store` on the PATH. */
function makeShellWorld(): StoreWorld {
  const world = makeFilled();
  return { ...world, env: { ...world.env, PATH: `${join(world.directory, "bin")}:${world.env.PATH}` } };
}

test("what is offered depends on the words before it: roots, generations, transactions with their #", () => {
  const world = makeShellWorld();
  world.done("root", "add", "hello", "--name", "my-root");
  world.done("root", "add", "hello", "--link", join(world.directory, "link"));
  const ask = (...words: string[]) => {
    const [kind, ...lines] = world
      .done("__complete", "fish", ...words)
      .stdout.trimEnd()
      .split("\n");
    return [kind, ...lines.map((line) => line.split("\t", 1)[0])];
  };
  expect(ask("root", "remove", "")).toEqual(["none", "my-root", join(world.directory, "link")]);
  expect(ask("root", "add", "")).toEqual(["files", "hello", "help-me"]);
  expect(ask("generations", "delete", "")).toEqual(["none", "gen-1", "gen-0"]);
  expect(ask("undo", "")).toEqual(["none", "1"]);
  world.done("checkpoint", "good");
  expect(ask("switch", "")).toEqual(["none", "gen-1", "gen-0", "tag:good", "-"]);
  for (const words of [[], ["--delete"], ["--move"]]) expect(ask("checkpoint", ...words, "")).toEqual(["none", "good"]);
  for (const typed of ["'#", '"#', "#"]) expect(ask("undo", typed)).toEqual(["none", "#3", "#1"]);
});

describe.each(findShells("bash"))("%s", (shell) => {
  /** What stands in place of the end of a line that is typed as far as `|`, or else as its end. */
  const ask = (world: StoreWorld, typed: string, before = ""): string[] => {
    const at = typed.includes("|") ? typed.indexOf("|") : typed.length;
    const line = typed.replace("|", "");
    const words = cutByBash(line);
    const script = `
      source <(store completion bash)
      ${before}
      COMP_LINE=${quote(line)} COMP_POINT=${at} COMP_WORDS=(${words.map(quote).join(" ")})
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _store_complete store ${quote(replacedByBash(line.slice(0, at)))}
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const options = { encoding: "utf8", env: world.env, cwd: join(world.directory, "files") } as const;
    const { stdout, stderr } = spawnSync(shell, ["--norc", "-c", script], options);
    expect(stderr).toBe("");
    return stdout.split("\n").filter((line) => line !== "");
  };

  test("completes commands, options, values, names, generations, profiles and files", () => {
    const world = makeShellWorld();
    expect(ask(world, "store gen")).toEqual(["generations"]);
    expect(ask(world, "store install --pri")).toEqual(["--priority"]);
    expect(ask(world, "store list --color=al")).toEqual(["always"]);
    expect(ask(world, "store list --color=")).toEqual(["auto", "always", "never"]);
    expect(ask(world, "store remove hel")).toEqual(["hello", "help-me"]);
    expect(ask(world, "store remove hel|lo")).toEqual(["hello", "help-me"]);
    expect(ask(world, "store remove hello ")).toEqual(["help-me"]);
    expect(ask(world, "store -p work remove ")).toEqual(["other"]);
    expect(ask(world, "store switch ")).toEqual(["gen-1", "gen-0", "-"]);
    expect(ask(world, "store list -p ")).toEqual(["default", "work"]);
    expect(ask(world, "store install a").sort()).toEqual(["a dir", "a file.tar"]);
    expect(ask(world, "store list --root a")).toEqual(["a dir"]);
    expect(ask(world, "store list --root=a")).toEqual(["a dir"]);
    expect(ask(world, "store info hello")).toEqual(["hello"]);
    expect(ask(world, "store nosuch ")).toEqual([]);
    expect(ask(world, 'store undo "#')).toEqual(["#1"]);
    expect(ask(world, 'store remove "hel')).toEqual(["hello", "help-me"]);
  });

  test("completes names with the characters at which bash cuts words, and takes no word for the one before it", () => {
    const world = makeShellWorld();
    const named = (name: string) => world.done("install", world.source(name, { [name]: "" }), "--name", name);
    for (const name of ["@types+node", "a@b", "a@c@d"]) named(name);
    for (const name of ["x@y.tar", "x:z.tar"]) writeFileSync(join(world.directory, "files", name), "");
    world.done("checkpoint", "good");
    expect(ask(world, "store remove @ty")).toEqual(["@types+node"]);
    expect(ask(world, "store remove hello @ty")).toEqual(["@types+node"]);
    expect(ask(world, "store remove a@")).toEqual(["@b", "@c@d"]);
    expect(ask(world, "store remove a@c@")).toEqual(["@d"]);
    expect(ask(world, "store remove a")).toEqual(["a@b", "a@c@d"]);
    expect(ask(world, "store remove @types+node a")).toEqual(["a@b", "a@c@d"]);
    expect(ask(world, "store switch tag:g")).toEqual(["good"]);
    expect(ask(world, "store install x@")).toEqual(["@y.tar"]);
    expect(ask(world, "store install ./x:")).toEqual(["z.tar"]);
    expect(ask(world, "store rollback --journal=x@")).toEqual(["@y.tar"]);
  });

  test("ends the name of a directory with a slash also where bash takes a part of the word for the whole name", () => {
    const world = makeShellWorld();
    for (const name of ["x@dir", "x:dir", "plain"]) mkdirSync(join(world.directory, "files", name));
    writeFileSync(join(world.directory, "files/x@file"), "");
    const compopt = "compopt() { :; }";
    expect(ask(world, "store install x@", compopt)).toEqual(["@dir/", "@file"]);
    expect(ask(world, "store --root x@", compopt)).toEqual(["@dir/"]);
    expect(ask(world, "store install x:", compopt)).toEqual(["dir/"]);
    expect(ask(world, "store install pl", compopt)).toEqual(["plain"]);
  });

  test("does so by any path, and says nothing when something is wrong", () => {
    const world = makeShellWorld();
    expect(ask(world, `${PROGRAM} gen`)).toEqual(["generations"]);
    expect(ask({ ...world, env: { ...world.env, STORE_ROOT: "/nonexistent" } }, "store switch ")).toEqual([]);
    writeFileSync(join(world.root, "store.json"), "{");
    expect(ask(world, "store switch ")).toEqual([]);
  });
});

/** The words of a line as bash 4 and 5 give them in COMP_WORDS: `--color=al` is `--color`, `=`, `al`. */
function cutByBash(line: string): string[] {
  return line.split(" ").flatMap((word) => (word === "" ? [""] : word.split(/([@=:]+)/).filter((part) => part !== "")));
}

/** What bash replaces, given as $2: what is behind the last `=` or `:`, or an `@` and what is behind it; no quote. */
function replacedByBash(line: string): string {
  return /(?:@[^ @=:"']*|[^ @=:"']*)$/.exec(line)?.[0] ?? "";
}

describe.each(findShells("fish"))("%s", (shell) => {
  const ask = (world: StoreWorld, line: string): string[][] => {
    const script = `store completion fish | source\ncomplete -C '${line}'`;
    const options = { encoding: "utf8", env: world.env, cwd: join(world.directory, "files") } as const;
    const { stdout, stderr } = spawnSync(shell, ["--no-config", "-c", script], options);
    expect(stderr).toBe("");
    return stdout
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => text.split("\t"));
  };
  const values = (world: StoreWorld, line: string) => ask(world, line).map(([value]) => value);

  test("completes commands, options, values, names, generations, profiles and files", () => {
    const world = makeShellWorld();
    expect(ask(world, "store gen")).toEqual([["generations", "List the generations of the profile, or delete some"]]);
    expect(values(world, "store install --pri")).toEqual(["--priority"]);
    expect(values(world, "store list --color=al")).toEqual(["--color=always"]);
    expect(values(world, "store list --color a")).toEqual(["auto", "always"]);
    expect(ask(world, "store remove hel")).toEqual([
      ["hello", "1"],
      ["help-me", "2"],
    ]);
    expect(values(world, "store -p work remove ")).toEqual(["other"]);
    expect(ask(world, "store switch gen-1")).toEqual([["gen-1", expect.stringMatching(/^live; \d{4}-.*: install /)]]);
    expect(values(world, "store switch ")).toEqual(["gen-1", "gen-0", "-"]);
    expect(values(world, "store list -p ")).toEqual(["default", "work"]);
    expect(values(world, "store install a")).toEqual(expect.arrayContaining(["a dir/", "a file.tar"]));
    expect(values(world, "store --root a")).toEqual(["a dir/"]);
    expect(values(world, "store --root=a")).toEqual(["--root=a dir/"]);
    expect(values(world, "store nosuch ")).toEqual([]);
    expect(values(world, 'store undo "#')).toEqual(["#1"]);
  });

  test("completes files whose names have spaces, quoted in any way, and is not confused by a dash or a quote", () => {
    const world = makeShellWorld();
    for (const name of ["-dash.tar", 'q"uote$.tar']) writeFileSync(join(world.directory, "files", name), "");
    for (const typed of ["a\\ f", '"a f', "a\\ file"])
      expect(values(world, `store install ${typed}`)).toEqual(["a file.tar"]);
    expect(values(world, "store install a\\ d")).toEqual(["a dir/"]);
    expect(values(world, "store --root=a\\ d")).toEqual(["--root=a dir/"]);
    expect(values(world, "store install q")).toEqual(['q"uote$.tar']);
    expect(values(world, "store install ")).toContain("a file.tar");
    expect(values(world, "store install -das")).not.toContain("-dash.tar");
    expect(values(world, "store install -- -das")).toEqual(["-dash.tar"]);
  });

  test("does so by any path, and where there is no such program with the one that is found", () => {
    const world = makeShellWorld();
    for (const program of ["../bin/store", "./store", "~/store"])
      expect(values(world, `${program} ins`)).toEqual(["install"]);
  });
});

describe.each(findShells("zsh"))("%s", (shell) => {
  /** What the arguments of `store` are when these keys were typed into an interactive shell. */
  const typed = (world: StoreWorld, keys: string): string => {
    const inner = [
      "PS1=; unsetopt zle_bracketed_paste beep; autoload -Uz compinit; compinit -u -D",
      "source <(command store completion zsh)",
      `store() { [[ $1 == __complete ]] && { command store "$@"; return }; print -r -- "<\${(j:|:)@}>" }`,
      "print ready",
    ].join("\n");
    const script = `
      zmodload zsh/zpty
      zpty inner ${shell} -f -i
      zpty -w inner ${quote(inner)}
      zpty -r inner text '*ready*ready*' 2>/dev/null
      zpty -w -n inner ${quote(`${keys}\n`)}
      zpty -r inner text '*<*>*'
      print -r -- "$text"`;
    const options = { encoding: "utf8", env: { ...world.env, TERM: "dumb" }, timeout: 60_000 } as const;
    const { stdout } = spawnSync(shell, ["-f", "-c", script], { ...options, cwd: join(world.directory, "files") });
    return /<([^<>]*)>\s*$/.exec(stdout)?.[1] ?? stdout;
  };

  test("completes commands, options, values, names and files", () => {
    const world = makeShellWorld();
    expect(typed(world, "store generatio\t")).toBe("generations");
    expect(typed(world, "store remove hello\t")).toBe("remove|hello");
    expect(typed(world, "store remove help\t")).toBe("remove|help-me");
    expect(typed(world, "store install --prio\t3")).toBe("install|--priority|3");
    expect(typed(world, "store list --color=alw\t")).toBe("list|--color=always");
    expect(typed(world, "store add a\\ f\t")).toBe("add|a file.tar");
    expect(typed(world, "store list --root=a\\ d\t")).toBe("list|--root=a dir");
    expect(typed(world, "store remove zzz\t")).toBe("remove|zzz");
    expect(typed(world, "store pi\tgen-1\t")).toBe("pin|gen-1");
    expect(typed(world, "store -p work remove o\t")).toBe("-p|work|remove|other");
    expect(typed(world, "store undo '#\t")).toBe("undo|#1");
  });
});

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
