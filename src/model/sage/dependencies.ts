import { expandMake, wordsOf } from "./expand-make.ts";
import { installedPackage, makeVariables } from "./make-variables.ts";

/** What a package needs, by name. */
export interface SageDependencies {
  /** A change of these rebuilds the package. */
  readonly normal: readonly string[];
  /** These must be there first, but a change of them rebuilds nothing. */
  readonly orderOnly: readonly string[];
  /** Needed only when the test suite runs. */
  readonly check: readonly string[];
}

/** The texts of a package's dependency files; absent when there is no such file. */
export interface DependencyTexts {
  readonly dependencies?: string | undefined;
  readonly dependencies_order_only?: string | undefined;
  readonly dependencies_check?: string | undefined;
}

/**
 * Reads the dependency files of a package. In each only the first line counts; a `|` in it separates what must be
 * there first from what counts for rebuilding. Files of the tree and targets that are no packages are left out.
 * @param makefile as in `makeVariables`
 */
export function readDependencies(texts: DependencyTexts, makefile: string): SageDependencies {
  const plain = split(texts.dependencies ?? "", makefile, false);
  const checked = split(texts.dependencies ?? "", makefile, true);
  const orderOnly = [...plain.orderOnly, ...all(texts.dependencies_order_only, makefile, false)];
  const known = new Set([...plain.normal, ...orderOnly]);
  const check = [
    ...checked.normal,
    ...checked.orderOnly,
    ...all(texts.dependencies_order_only, makefile, true),
    ...all(texts.dependencies_check, makefile, true),
  ];
  return {
    normal: unique(plain.normal),
    orderOnly: unique(orderOnly).filter((name) => !plain.normal.includes(name)),
    check: unique(check).filter((name) => !known.has(name)),
  };
}

function all(text: string | undefined, makefile: string, checks: boolean): string[] {
  const { normal, orderOnly } = split(text ?? "", makefile, checks);
  return [...normal, ...orderOnly];
}

function split(text: string, makefile: string, checks: boolean): { normal: string[]; orderOnly: string[] } {
  const [first = ""] = text.split("\n", 1);
  const line = first.replace(/ *#.*/, "");
  const words = wordsOf(expandMake(line, makeVariables(makefile, checks)));
  const bar = words.indexOf("|");
  const packages = (from: readonly string[]): string[] => from.flatMap(packageOf);
  return bar < 0
    ? { normal: packages(words), orderOnly: [] }
    : { normal: packages(words.slice(0, bar)), orderOnly: packages(words.slice(bar + 1)) };
}

function packageOf(word: string): string[] {
  const installed = installedPackage(word);
  if (installed !== undefined) return [installed];
  return word === "|" || word === "FORCE" || /[/*]/.test(word) ? [] : [word];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
