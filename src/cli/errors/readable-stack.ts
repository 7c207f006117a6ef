import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A frame of V8's: `at name (file:line:column)` or `at file:line:column`; a bundled program has only its base name. */
const FRAME = /^( *at )(?:.*\(|async )?([\w.-]+):(\d+):(\d+)\)?$/;

/**
 * A stack trace in which places of bundled programs, where names are short ones, are those of their sources: in
 * `directory` a program has a source map beside it (`<file>.map`). Other lines stay as they are.
 */
export function readableStack(stack: string, directory = dirname(fileURLToPath(import.meta.url))): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack
    .split("\n")
    .map((line) => {
      const [, indent, file, row, column] = FRAME.exec(line) ?? [];
      if (indent === undefined || file === undefined) return line;
      if (!maps.has(file)) maps.set(file, readMap(join(directory, `${file}.map`)));
      const entry = maps.get(file)?.findEntry(Number(row) - 1, Number(column) - 1);
      if (!entry || !("originalSource" in entry)) return line;
      return `${indent}${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    })
    .join("\n");
}

function readMap(path: string): SourceMap | undefined {
  try {
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  } catch {
    return undefined;
  }
}
