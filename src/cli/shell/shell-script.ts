import type { SearchPath } from "../../model/search-paths.ts";
import type { Shell } from "./choose-shell.ts";
import { quoteForBourne, quoteForFish } from "./quote.ts";

/** Commands that put the directories first on the search paths, once: a second evaluation changes nothing. */
export function shellScript(shell: Shell, paths: readonly SearchPath[]): string[] {
  const print = shell === "fish" ? fishCommand : bourneCommand;
  // The last directory goes in first, so that the first one ends up in front.
  return paths.flatMap((path) => [...path.directories].reverse().map((directory) => print(path, directory)));
}

function bourneCommand({ variable, keepDefault, systemDefault }: SearchPath, directory: string): string {
  const quoted = quoteForBourne(directory);
  const rest = keepDefault
    ? `:"\${${variable}-}"`
    : systemDefault !== ""
      ? `:"\${${variable}:-${systemDefault}}"`
      : `"\${${variable}:+:$${variable}}"`;
  return `case ":\${${variable}-}:" in *:${quoted}:*) ;; *) export ${variable}=${quoted}${rest} ;; esac;`;
}

/** In fish a variable whose name ends in PATH is a list; others are text. */
function fishCommand({ variable, keepDefault, systemDefault }: SearchPath, directory: string): string {
  const quoted = quoteForFish(directory);
  if (!variable.endsWith("PATH")) {
    const initial = `test -n "$${variable}"; or set -gx ${variable} ${quoteForFish(systemDefault)};`;
    const isThere = `contains -- ${quoted} (string split : -- "$${variable}")`;
    return `${initial} ${isThere}; or set -gx ${variable} ${quoted}:"$${variable}";`;
  }
  const initial = keepDefault ? `set -q ${variable}; or set -gx ${variable} ''; ` : "";
  return `${initial}contains -- ${quoted} $${variable}; or set -gx ${variable} ${quoted} $${variable};`;
}
