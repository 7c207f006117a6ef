import { expect, test } from "vitest";
import { describeTerminal } from "../../src/cli/terminal.ts";

const WANTED = { color: undefined, json: false, progress: true, quiet: false } as const;
const BOTH = { stdout: { isTTY: true }, stderr: { isTTY: true } };
const NONE = { stdout: {}, stderr: {} };

test.each([
  ["a terminal", WANTED, { TERM: "xterm" }, BOTH, true],
  ["a pipe", WANTED, { TERM: "xterm" }, NONE, false],
  ["NO_COLOR", WANTED, { NO_COLOR: "1" }, BOTH, false],
  ["an empty NO_COLOR counts as none", WANTED, { NO_COLOR: "" }, BOTH, true],
  ["TERM=dumb", WANTED, { TERM: "dumb" }, BOTH, false],
  ["FORCE_COLOR", WANTED, { FORCE_COLOR: "1" }, NONE, true],
  ["FORCE_COLOR=0", WANTED, { FORCE_COLOR: "0" }, BOTH, false],
  ["NO_COLOR before FORCE_COLOR", WANTED, { NO_COLOR: "1", FORCE_COLOR: "1" }, BOTH, false],
  ["--color=always before NO_COLOR", { ...WANTED, color: "always" as const }, { NO_COLOR: "1" }, NONE, true],
  ["--color=never before FORCE_COLOR", { ...WANTED, color: "never" as const }, { FORCE_COLOR: "1" }, BOTH, false],
  ["--color=auto", { ...WANTED, color: "auto" as const }, {}, BOTH, true],
])("colours: %s", (_what, wanted, env, streams, hasColor) => {
  expect(describeTerminal(wanted, env, streams).stdout.hasColor).toBe(hasColor);
});

test("each stream has colours by itself", () => {
  const terminal = describeTerminal(WANTED, {}, { stdout: {}, stderr: { isTTY: true } });
  expect([terminal.stdout.hasColor, terminal.stderr.hasColor]).toEqual([false, true]);
});

test.each([
  ["a terminal", WANTED, {}, BOTH, true],
  ["stderr is no terminal", WANTED, {}, { stdout: { isTTY: true }, stderr: {} }, false],
  ["stdout need not be one", WANTED, {}, { stdout: {}, stderr: { isTTY: true } }, true],
  ["--no-progress", { ...WANTED, progress: false }, {}, BOTH, false],
  ["--json", { ...WANTED, json: true }, {}, BOTH, false],
  ["--quiet", { ...WANTED, quiet: true }, {}, BOTH, false],
  ["TERM=dumb", WANTED, { TERM: "dumb" }, BOTH, false],
  ["NO_COLOR does not matter", WANTED, { NO_COLOR: "1" }, BOTH, true],
])("progress: %s", (_what, wanted, env, streams, shows) => {
  expect(describeTerminal(wanted, env, streams).showsProgress).toBe(shows);
});

test.each([
  [{ LANG: "en_US.UTF-8" }, true],
  [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, false],
  [{ LC_CTYPE: "C.utf8" }, true],
  [{}, false],
])("characters beyond ASCII: %j %j", (env, hasUnicode) => {
  expect(describeTerminal(WANTED, env, BOTH).hasUnicode).toBe(hasUnicode);
});
