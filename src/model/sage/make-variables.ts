import { type MakeVariables, wordsOf } from "./expand-make.ts";

/** What the variables of dependency files stand for unless the tree's own Makefile says otherwise. */
const DEFAULTS: Readonly<Record<string, string>> = {
  PYTHON: "python3",
  MP_LIBRARY: "gmp",
  BLAS: "openblas",
  PYTHON_TOOLCHAIN: "setuptools pip setuptools_scm wheel setuptools_wheel",
  SAGERUNTIME: "sagelib $(inst_ipython) $(inst_pexpect)",
};

/**
 * The variables of a tree. `makefile` is the text of its `build/make/Makefile.in`: of the assignments there those count
 * that stand alone on a line, at its start, and hold no value that `configure` puts in; the first one, since later ones
 * depend on what `configure` found.
 * `checks`: whether the test suites run, which some packages need more for.
 */
export function makeVariables(makefile: string, checks: boolean): MakeVariables {
  const values = new Map([...Object.entries(DEFAULTS), ...assignmentsIn(makefile).reverse()]);
  return (name) => {
    if (name.startsWith("SAGE_CHECK_")) return checks ? "yes" : "no";
    if (name.startsWith("inst_")) return name.slice("inst_".length);
    // The record of an installed package: what follows its name tells the two apart.
    if (name.startsWith("vers_")) return INSTALLED;
    if (name === "SAGE_LOCAL" || name === "SAGE_VENV") return `/${name}`;
    if (name === "SPKG_INST_RELDIR") return "installed";
    if (name === "SAGE_ROOT" || name === "SAGE_SRC") return `/${name}`;
    return values.get(name) ?? "";
  };
}

const INSTALLED = "@installed";

/** `xz` of the path under which make knows an installed package: `/SAGE_LOCAL/installed/xz-@installed`. */
export function installedPackage(word: string): string | undefined {
  return /^\/SAGE_(?:LOCAL|VENV)\/installed\/(.+)-@installed$/.exec(word)?.[1];
}

const KEPT = new Set(Object.keys(DEFAULTS));

function assignmentsIn(makefile: string): [string, string][] {
  return [...makefile.matchAll(/^([A-Z_]+)[ \t]*:?=[ \t]*([^\n]*)$/gm)]
    .map(([, name = "", value = ""]): [string, string] => [name, wordsOf(value.replace(/#.*/, "")).join(" ")])
    .filter(([name, value]) => KEPT.has(name) && value !== "" && !/@\w+@|\\$/.test(value));
}
