import { scanWords } from "../completion/scan-words.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";

/** Reads `store --revert yesterday` as `store revert yesterday`: only where no command was named before. */
export function expandAlias(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === "--revert" || word.startsWith("--revert="));
  if (at === -1) return argv;
  const before = argv.slice(0, at);
  const { words, awaited, isOptionsEnd } = scanWords(before, GLOBAL_OPTIONS);
  if (words.length > 0 || awaited !== undefined || isOptionsEnd) return argv;
  const value = (argv[at] as string).slice("--revert=".length);
  return [...before, "revert", ...(value === "" ? [] : [value]), ...argv.slice(at + 1)];
}
