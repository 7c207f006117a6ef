import picomatch from "picomatch";
import { fromText } from "../byte-string.ts";

/** Whether `pattern` stands for more than the name that it spells. */
export function isGlob(pattern: string): boolean {
  return /[*?[\]{}]/.test(pattern);
}

/**
 * The names that `pattern` matches, in the order of their bytes. `*`, `?`, `[…]` and `{a,b}` match inside one component,
 * `**` any number of them; names with a leading dot must be asked for.
 */
export function matchingNames(pattern: string, names: Iterable<string>): readonly string[] {
  const all = [...names];
  if (!isGlob(pattern) || all.includes(pattern)) return all.filter((name) => name === pattern);
  const isMatch = picomatch(pattern, { noextglob: true, nonegate: true, strictSlashes: true, strictBrackets: false });
  return all.filter((name) => isMatch(name)).sort((a, b) => (fromText(a) < fromText(b) ? -1 : 1));
}
