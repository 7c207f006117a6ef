import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuickly } from "../../../src/cli/arguments/parse-quickly.ts";
import { parseWithYargs } from "../../../src/cli/arguments/parse-with-yargs.ts";
import type { Parsed } from "../../../src/cli/arguments/parsed.ts";
import { loadCommand } from "../../../src/cli/registry.ts";
import { StoreError } from "../../../src/errors.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { runs } from "../../helpers/runs.ts";

const STYLE = { width: 100, version: "9.9.9" };

/** Command lines in order, with some of what must be read from them. */
const CLEAN: readonly (readonly [line: string, values: Readonly<Record<string, unknown>>])[] = [
  ["list", { selector: [], json: false, wait: true, progress: true, profile: undefined, recipes: [] }],
  ["list --json", { json: true }],
  ["--json list", { json: true }],
  ["--root /r list", { root: "/r" }],
  ["--root=/r=x list", { root: "/r=x" }],
  ["list -p work", { profile: "work" }],
  ["-p work list", { profile: "work" }],
  ["list -pwork", { profile: "work" }],
  ["list -p=work", { profile: "work" }],
  ["list -qp work", { quiet: true, profile: "work" }],
  ["list -qv", { quiet: true, verbose: true }],
  ["list -p a -p b", { profile: "b" }],
  ["list --no-wait --no-progress", { wait: false, progress: false }],
  ["list --no-wait --wait", { wait: true }],
  ["list --json=true --wait=false -q=true", { json: true, wait: false, quiet: true }],
  ["list --no-wait=true --no-progress=false", { wait: false, progress: true }],
  ["gc --no-dry-run=false", { "dry-run": true }],
  ["gc -n=false", { "dry-run": false }],
  ["build -vj4 x", { verbose: true, jobs: 4, spec: ["x"] }],
  ["list --recipes a --recipes b", { recipes: ["a", "b"] }],
  ["list --debug time,args --debug=fetch", { debug: [["time", "args"], ["fetch"]] }],
  ["list --color always", { color: "always" }],
  ["list gen-3", { selector: ["gen-3"] }],
  ["list 41", { selector: ["41"] }],
  ["list 007", { selector: ["007"] }],
  ["list 1e3", { selector: ["1e3"] }],
  ["list 2 hours ago", { selector: ["2", "hours", "ago"] }],
  ["switch -", { selector: ["-"] }],
  ["switch -1", { selector: ["-1"] }],
  ["switch -12", { selector: ["-12"] }],
  ["switch +1", { selector: ["+1"] }],
  ["switch #57", { selector: ["#57"] }],
  ["switch -- -1", { selector: ["-1"] }],
  ["switch -1 --dry-run", { selector: ["-1"], "dry-run": true }],
  ["switch --dry-run -", { selector: ["-"], "dry-run": true }],
  ["diff - -1", { from: "-", to: "-1" }],
  ["diff 3", { from: "3", to: undefined }],
  ["rollback -n 2", { steps: 2 }],
  ["rollback -n2", { steps: 2 }],
  ["rollback --steps=3", { steps: 3 }],
  ["install a b --priority 3", { spec: ["a", "b"], priority: 3 }],
  ["install npm:@scope/name@^1", { spec: ["npm:@scope/name@^1"] }],
  ["install a --name n --version 1.10 --integrity sha256-x", { name: "n", version: "1.10", integrity: "sha256-x" }],
  ["install --strip 1 --import-method copy a", { strip: 1, "import-method": "copy" }],
  [
    "add --strip=auto --max-bytes 2G --max-ratio 10 --offline a",
    { "max-bytes": 2 ** 31, "max-ratio": 10, offline: true },
  ],
  ["add -- -strange", { source: "-strange" }],
  ["add -- --help", { source: "--help" }],
  ["uninstall x", { name: ["x"] }],
  ["remove true", { name: ["true"] }],
  ["init --width 80 --allow-unsafe-root", { width: 80, "allow-unsafe-root": true }],
  ["completion zsh", { shell: "zsh" }],
  ["path", { name: undefined }],
  ["run --at gen-3 -- gp -q --json", { at: "gen-3", rest: ["gp", "-q", "--json"], json: false }],
  ["run --json -- a -- b", { rest: ["a", "--", "b"], json: true }],
  ["run -- --at x", { at: undefined, rest: ["--at", "x"] }],
  ["-p work try -- -x", { profile: "work", rest: ["-x"] }],
  ["compare 1 -1 -- x", { from: "1", to: "-1", rest: ["x"] }],
  ["compare 1 -- 2 3", { from: "1", to: undefined, rest: ["2", "3"] }],
  ["info __proto__", { object: "__proto__" }],
];

/** Command lines that are refused, with what the error must say. */
const WRONG: readonly (readonly [line: string, message: string, hint: string])[] = [
  ["instal x", "there is no command 'instal'", "Did you mean 'install'?"],
  ["xyzzy", "there is no command 'xyzzy'", "store --help"],
  ["list --jsn", "store list has no option --jsn", "Did you mean '--json'?"],
  ["list --no-wiat", "store list has no option --no-wiat", "Did you mean '--no-wait'?"],
  ["list -z", "store list has no option -z", "store list --help"],
  ["--rot /r list", "store list has no option --rot", "Did you mean '--root'?"],
  ["install --prioriti=3 x", "store install has no option --prioriti", "Did you mean '--priority'?"],
  ["list --priority 3", "store list has no option --priority", "store list --help"],
  ["install", "store install needs SPEC…", "store install --help"],
  ["diff", "store diff needs FROM", "store diff --help"],
  ["diff a b c", "store diff does not know what to do with 'c'", "store diff --help"],
  ["run", "store run needs the command to run behind --", "store run --help"],
  ["run --", "store run needs the command to run behind --", "store run --help"],
  ["run gp", "store run needs the command to run behind --", "-- gp"],
  ["compare 1 x y -- z", "store compare does not know what to do with 'y'", "store compare --help"],
  ["compare 1 x y", "store compare needs the command to run behind --", "-- y"],
  ["run --at 2 hours ago -- a", "store run does not know what to do with 'hours'", "Put '2 hours ago' in quotes"],
  ["run --at=2 hours ago a", "store run does not know what to do with 'hours'", "Put '2 hours ago' in quotes"],
  ["compare 2 hours ago -- a", "store compare does not know what to do with 'ago'", "Put '2 hours ago' in quotes"],
  [
    "state --at yesterday 18:00",
    "store state does not know what to do with '18:00'",
    "Put 'yesterday 18:00' in quotes",
  ],
  ["log --since yesterday 18:00", "ACTION cannot be '18:00'", "Put 'yesterday 18:00' in quotes"],
  ["log --since 2 hours ago", "ACTION cannot be 'hours'", "Put '2 hours"],
  ["undo", "store undo needs TRANSACTION", "'#57'"],
  ["profiles x", "store profiles does not know what to do with 'x'", "store profiles --help"],
  ["list --root", "--root needs a value", "store list --help"],
  ["list --root --json", "--root needs a value", "store list --help"],
  ["list -p", "-p needs a value", "store list --help"],
  ["list --root=", "--root needs a value", "--root=DIR"],
  ["list --no-root", "there is no option --no-root", "Leave out --root"],
  ["list --color=alwys", "--color cannot be 'alwys'", "Did you mean 'always'?"],
  ["list --debug=tmie", "there is nothing to trace called 'tmie'", "Did you mean 'time'?"],
  ["list -p ../x", "'../x' is not a profile name", "Use letters"],
  ["remove x --dry-run=yes", "--dry-run cannot be 'yes': it takes no value but true or false", "--no-dry-run"],
  ["--json=1 list", "--json cannot be '1': it takes no value but true or false", "Write --json"],
  ["list --json=", "--json cannot be '': it takes no value but true or false", "Write --json"],
  ["gc -n=y", "--dry-run cannot be 'y': it takes no value but true or false", "--no-dry-run"],
  ["gc -qn1", "--dry-run cannot be '1': it takes no value but true or false", "--no-dry-run"],
  ["list --no-wait=1", "--no-wait cannot be '1': it takes no value but true or false", "Write --wait or --no-wait."],
  ["remove x --help=no", "--help cannot be 'no': it takes no value but true or false", "Write --help"],
  ["--version=no", "--version cannot be 'no': it takes no value but true or false", "Write --version"],
  ["--debug list", "store needs a command", "'list' was read as the value of --debug. See `store --help`."],
  ["build --recipes x", "store build needs SPEC…", "'x' was read as the value of --recipes."],
  ["build --recipes", "--recipes needs a value", "--recipes=DIR"],
  ["build --recipes=x", "store build needs SPEC…", "See `store build --help`."],
  ["install --dryrun ./foo-3", "store install has no option --dryrun", "Did you mean '--dry-run'?"],
  ["switch -x", "store switch has no option -x", "store switch --help"],
  ["switch --no-wiat", "store switch has no option --no-wiat", "Did you mean '--no-wait'?"],
  ["--dry-run gc", "--dry-run belongs behind the command", "Write `store gc --dry-run`."],
  ["-n gc", "-n belongs behind the command", "Write `store gc -n`."],
  ["nope list", "there is no command 'nope'", "store --help"],
  ["nope --help", "there is no command 'nope'", "store --help"],
  ["--help instal", "there is no command 'instal'", "Did you mean 'install'?"],
  ["nope --version", "there is no command 'nope'", "store --help"],
  ["--vesion", "store has no option --vesion", "Did you mean '--version'?"],
  ["build --timeout 1.5 x", "--timeout: '1.5' is not a duration", "1h30m"],
  ["build --max-disk 0 x", "--max-disk: '0' is not a size", "500M"],
  ["build -jfoo x", "--jobs: 'foo' is not a number of things", "whole number"],
  ["rollback -n 0", "--steps: '0' is not a number of things", "whole number"],
  ["rollback -n 1.5", "--steps: '1.5' is not a number of things", "whole number"],
  ["add --max-bytes=2X p", "--max-bytes: '2X' is not a size", "500M"],
  ["add --strip=-1 p", "--strip cannot be '-1'", "auto"],
  ["install --priority=100 p", "--priority: '100' is not a priority", "0 to 99"],
  ["init --width 50", "a store cannot have the width '50'", "48, 80, 128"],
  ["completion tcsh", "SHELL cannot be 'tcsh'", "bash, zsh, fish"],
  ["--json", "store needs a command", "store --help"],
];

describe("a command line in order", () => {
  test.each(CLEAN)("%s", async (line, values) => {
    const quick = plain(await parseQuickly(split(line), loadCommand));
    expect({ ...quick?.global, ...quick?.args }).toMatchObject(values);
    expect(await yargs(split(line))).toEqual(quick);
  });
});

describe("a wrong command line", () => {
  test.each(WRONG)("%s", async (line, message, hint) => {
    const error = await caughtAsync(eitherWay(split(line)));
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).message).toBe(message);
    expect((error as StoreError).hint).toContain(hint);
    expect(["USAGE", "INVALID_INPUT"]).toContain((error as StoreError).code);
  });
});

test("what is read without yargs is what yargs reads", async () => {
  const command = fc.constantFrom("list", "switch", "install", "diff", "rollback", "pin", "add", "uninstall", "path");
  const option = fc.constantFrom(
    ...[
      "--json",
      "--no-json",
      "--json=true",
      "--json=1",
      "-q=on",
      "-q5",
      "-vj4",
      "--root=r",
      "-pa",
      "-p=a",
      "-q",
      "-qv",
      "--dry-run",
      "--no-dry-run",
      "--no-dry-run=false",
      "--no-quiet=true",
      "-n3",
    ],
    ...["--steps=2", "--recipes=a", "--debug=time", "--no-wait", "--wait", "--name=n", "--priority=3", "--color=never"],
  );
  const word = fc.constantFrom(
    ...["list", "x", "gen-1", "-", "-1", "+1", "#5", "0x1f", "1e5", "", " ", "---", "a=b", "--=", "true", "--", "-1.5"],
    ...[
      "--root",
      "-p",
      "-vp",
      "-n",
      "--recipes",
      "--nonsense",
      "-z",
      "__proto__",
      "constructor",
      "-\u0301",
      "--root=",
      "é",
    ],
  );
  const argv = fc.tuple(
    fc.array(option, { maxLength: 2 }),
    command,
    fc.array(fc.oneof(option, word), { maxLength: 4 }),
  );
  await fc.assert(
    fc.asyncProperty(argv, async ([before, name, after]) => {
      const words = [...before, name, ...after];
      const quick = await outcome(parseQuickly(words, loadCommand));
      // What is not in order, only yargs judges.
      if (quick !== undefined) expect(await outcome(yargs(words))).toEqual(quick);
    }),
    { numRuns: runs(150) },
  );
});

test.each(["--help", "list --help", "--help list", "uninstall --help", "list -h", "install x --help"])(
  "%s asks for help",
  async (line) => {
    expect(await parseQuickly(split(line), loadCommand)).toBeUndefined();
    const understood = await parseWithYargs(split(line), STYLE);
    expect(understood).toMatchObject({ kind: "text", text: expect.stringContaining("--profile") });
  },
);

test("the version is asked for with other options, too", async () => {
  expect(await parseWithYargs(["--json", "--version"], STYLE)).toEqual({ kind: "text", text: "store 9.9.9\n" });
});

/** A line as a shell without quotes splits it. */
function split(line: string): string[] {
  return line.split(" ").filter((word) => word !== "");
}

async function eitherWay(argv: readonly string[]): Promise<unknown> {
  return (await parseQuickly(argv, loadCommand)) ?? parseWithYargs(argv, STYLE);
}

async function yargs(argv: readonly string[]): Promise<unknown> {
  const understood = await parseWithYargs(argv, STYLE);
  return understood.kind === "command" ? plain(understood.parsed) : understood;
}

interface PlainParse {
  readonly command: string;
  readonly global: object;
  readonly args: object;
}

function plain(parsed: Parsed | undefined): PlainParse | undefined {
  return parsed && { command: parsed.command.name, global: parsed.global, args: parsed.args };
}

/** What a parser gives, or the message of what it throws. */
async function outcome(parse: Promise<unknown>): Promise<unknown> {
  try {
    const found = await parse;
    return found !== null && typeof found === "object" && "command" in found && typeof found.command !== "string"
      ? plain(found as Parsed)
      : found;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return error.message;
  }
}
