import { expect, test } from "vitest";
import type { OptionSpecs } from "../../../src/cli/command.ts";
import { complete } from "../../../src/cli/completion/complete.ts";
import { scanWords, splitOption } from "../../../src/cli/completion/scan-words.ts";
import { commandNames } from "../../../src/cli/registry.ts";

const SPECS: OptionSpecs = {
  root: { type: "string", value: "DIR", describe: "" },
  profile: { type: "string", alias: "p", value: "NAME", describe: "" },
  quiet: { type: "boolean", alias: "q", describe: "" },
};

test.each([
  ["list", { words: ["list"], awaited: undefined }],
  ["--root /r list", { words: ["list"], values: { root: "/r" } }],
  ["--root=/r -q list", { words: ["list"], values: { root: "/r" } }],
  ["list -p work x", { words: ["list", "x"], values: { profile: "work" } }],
  ["list -pwork", { words: ["list"], values: { profile: "work" } }],
  ["list -p", { words: ["list"], awaited: "profile" }],
  ["list --root", { words: ["list"], awaited: "root" }],
  ["switch - -1", { words: ["switch", "-", "-1"] }],
  ["add -- --root", { words: ["add", "--root"], awaited: undefined, isOptionsEnd: true }],
  ["list --unknown x", { words: ["list", "x"] }],
])("what was typed before: %s", (line, expected) => {
  const { values, ...rest } = scanWords(line.split(" "), SPECS);
  expect({ ...rest, values: Object.fromEntries(values) }).toMatchObject(expected);
});

test("an option is taken apart", () => {
  expect(splitOption("--root=a=b", SPECS)).toEqual(["root", "a=b"]);
  expect(splitOption("--root=", SPECS)).toEqual(["root", ""]);
  expect(splitOption("-p", SPECS)).toEqual(["profile", undefined]);
  expect(splitOption("-qx", SPECS)).toEqual(["quiet", undefined]);
  expect(splitOption("-z", SPECS)).toEqual(["", undefined]);
});

test("the first word is a command", async () => {
  const { kind, values } = await ask("fish", "");
  expect(kind).toBe("none");
  expect(values).toEqual([...commandNames().filter((name) => name !== "uninstall"), "help"]);
});

test.each([
  ["help ", ["install", "help"]],
  ["--json ", ["install"]],
  ["-", ["--json", "--no-wait", "--root", "--help"]],
  ["install --", ["--priority", "--dry-run", "--json"]],
  ["switch -", ["--dry-run"]],
  ["--color ", ["auto", "always", "never"]],
  ["list --color=", ["--color=auto", "--color=always"]],
  ["install --import-method ", ["reflink"]],
  ["completion ", ["bash", "zsh", "fish"]],
  ["shellenv --shell ", ["fish", "sh"]],
  ["--debug ", ["time"]],
  ["--debug args,", ["args,time", "args,log"]],
  ["list --debug=args,log,", ["--debug=args,log,time"]],
  ["log --type ", ["commit", "trim", "install", "switch", "upgrade"]],
  ["config gc.keep ", ["all"]],
  ["config archives.automatic ", ["yes", "no"]],
  ["config gc.min-free ", ["off"]],
])("'%s' can go on with", async (line, some) => {
  expect((await ask("zsh", line)).values).toEqual(expect.arrayContaining(some));
});

test.each([
  ["install ", "files"],
  ["add ./x", "files"],
  ["list --root ", "directories"],
  ["--recipes=", "directories"],
  ["profiles ", "none"],
  ["completion bash ", "none"],
  ["nosuch ", "none"],
  ["config gc.keep ", "none"],
  ["config archives.automatic ", "none"],
  ["config archives.younger-than ", "none"],
  ["config instdir ", "directories"],
  ["config mirrors ", "directories"],
  ["config no.such ", "none"],
  ["root add ", "files"],
  ["root remove ", "none"],
  ["root list ", "none"],
])("'%s' goes on with %s", async (line, kind) => {
  expect((await ask("zsh", line)).kind).toBe(kind);
});

test("what was named already is not offered again", async () => {
  expect((await ask("zsh", "--debug args,log,")).values).not.toContain("args,log,args");
});

test("bash gets only what fits", async () => {
  expect((await ask("bash", "lis")).values).toEqual(["list"]);
  expect((await ask("bash", "list --color=al")).values).toEqual(["--color=always"]);
});

test("errors are silent: no store, no such profile, nonsense", async () => {
  for (const line of [
    "switch ",
    "remove ",
    "list -p ",
    "--root /nonexistent switch ",
    "switch --root=/proc/self/mem ",
  ]) {
    expect(await ask("fish", line)).toEqual({ kind: "none", values: [], lines: [] });
  }
  expect(await complete([], {})).toMatch(/^none\n/);
});

test("descriptions stand behind a tab, on one line", async () => {
  const { lines } = await ask("fish", "");
  for (const line of lines) expect(line).toMatch(/^[a-z-]+\t[A-Z].+$/);
});

async function ask(shell: string, line: string) {
  const answer = await complete([shell, ...line.split(" ")], {
    HOME: "/nonexistent",
    STORE_ROOT: "/nonexistent/store",
  });
  const [kind, ...lines] = answer.trimEnd().split("\n");
  return { kind, lines, values: lines.map((line) => line.split("\t", 1)[0]) };
}
