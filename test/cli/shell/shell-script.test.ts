import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseShell } from "../../../src/cli/shell/choose-shell.ts";
import { quoteForBourne, quoteForFish } from "../../../src/cli/shell/quote.ts";
import { shellScript } from "../../../src/cli/shell/shell-script.ts";
import { caught } from "../../helpers/caught.ts";
import { findShells } from "../../helpers/shells.ts";

const odd = fc.string({ unit: fc.constantFrom(..."a '\"\\$`*?[]{}~!#&|;()<>\n\t=-é".split("")), maxLength: 12 });

describe.each(findShells("bash", "zsh", "fish", "sh"))("quoting for %s", (shell) => {
  test("gives the same word back", () => {
    const quote = shell === "fish" ? quoteForFish : quoteForBourne;
    fc.assert(
      fc.property(fc.array(odd, { minLength: 20, maxLength: 20 }), (words) => {
        const script = `printf '%s\\0' ${words.map(quote).join(" ")}`;
        const { stdout } = spawnSync(shell, ["-c", script], { encoding: "utf8" });
        expect(stdout.split("\0").slice(0, -1)).toEqual(words);
      }),
      { numRuns: 15 },
    );
  });
});

const PATHS = [
  { variable: "PATH", directories: ["/o'd d/bin"], keepDefault: false, systemDefault: "" },
  { variable: "MANPATH", directories: ["/o'd d/man"], keepDefault: true, systemDefault: "" },
  { variable: "XDG_DATA_DIRS", directories: ["/o'd d/share"], keepDefault: false, systemDefault: "/u/l:/u" },
  { variable: "PKG_CONFIG_PATH", directories: ["/o'd d/1", "/o'd d/2"], keepDefault: false, systemDefault: "" },
];
const NAMES = PATHS.map(({ variable }) => variable);

describe.each(findShells("bash", "zsh", "fish", "sh"))("the search paths in %s", (shell) => {
  /** What the variables are after the script was evaluated so many times. */
  const evaluate = (times: number, env: Readonly<Record<string, string>>) => {
    const script = shellScript(shell as "bash", PATHS).join("\n");
    const program = `${`${script}\n`.repeat(times)}/usr/bin/env -0`;
    const { stdout, stderr } = spawnSync(shell, ["-c", program], { encoding: "utf8", env: { HOME: "/", ...env } });
    expect(stderr).toBe("");
    const lines = stdout.split("\0").map((line) => [line.split("=", 1)[0] ?? "", line.replace(/^[^=]*=/, "")] as const);
    return Object.fromEntries(lines.filter(([name]) => NAMES.includes(name)));
  };

  test("are put in front of what is there", () => {
    expect(
      evaluate(1, { PATH: "/usr/bin:/bin", MANPATH: "/m", XDG_DATA_DIRS: "/x:/y", PKG_CONFIG_PATH: "/p" }),
    ).toEqual({
      PATH: "/o'd d/bin:/usr/bin:/bin",
      MANPATH: "/o'd d/man:/m",
      XDG_DATA_DIRS: "/o'd d/share:/x:/y",
      PKG_CONFIG_PATH: "/o'd d/1:/o'd d/2:/p",
    });
  });

  test("keep the system's defaults where nothing is there", () => {
    expect(evaluate(1, { PATH: "/usr/bin:/bin" })).toEqual({
      PATH: "/o'd d/bin:/usr/bin:/bin",
      MANPATH: "/o'd d/man:",
      XDG_DATA_DIRS: "/o'd d/share:/u/l:/u",
      PKG_CONFIG_PATH: "/o'd d/1:/o'd d/2",
    });
  });

  test.each([{}, { MANPATH: ":/m", XDG_DATA_DIRS: "/x", PKG_CONFIG_PATH: "/p:/o'd d/2" }])(
    "stay as they are the second time: %j",
    (env) => {
      const start = { PATH: "/usr/bin:/bin", ...env };
      const once = evaluate(1, start);
      expect(evaluate(2, start)).toEqual(once);
      expect(evaluate(1, { ...start, ...once })).toEqual(once);
    },
  );
});

test.each([
  ["/bin/bash", "bash"],
  ["/usr/local/bin/fish", "fish"],
  ["zsh", "zsh"],
  ["/bin/dash", "sh"],
  ["", "sh"],
  [undefined, "sh"],
])("$SHELL %s is %s", (SHELL, shell) => {
  expect(chooseShell({ SHELL })).toBe(shell);
});

test.each(["/bin/tcsh", "/usr/bin/nu"])("%s needs another language", (SHELL) => {
  expect(caught(() => chooseShell({ SHELL }))).toMatchObject({
    code: "INVALID_INPUT",
    hint: expect.stringContaining("--shell"),
  });
});
