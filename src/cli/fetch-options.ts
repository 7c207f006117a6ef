import { statSync } from "node:fs";
import { resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { parseMirror } from "../model/mirror.ts";
import { readAs } from "../model/read-as.ts";
import type { FetchSettings } from "../operations/building/fetch-context.ts";
import type { OptionSpecs, Values } from "./command.ts";
import type { CommandContext } from "./context.ts";

const SOURCE = "How it is read";

export const MIRROR_OPTION = {
  mirror: {
    type: "string",
    value: "PLACE",
    many: true,
    completes: "directory",
    describe: "Fetch from PLACE where it can be had there: a URL, a directory, or FROM=TO ($STORE_MIRRORS)",
    group: SOURCE,
  },
} as const satisfies OptionSpecs;

/** For commands that fetch what they need. */
export const FETCH_OPTIONS = {
  offline: { type: "boolean", describe: "Use only what was downloaded before", group: SOURCE },
  ...MIRROR_OPTION,
} as const satisfies OptionSpecs;

/** @throws StoreError INVALID_INPUT, NOT_FOUND for a mirror that is none */
export function fetchSettings(
  args: Partial<Values<Record<never, never>, typeof FETCH_OPTIONS>>,
  { cwd }: Pick<CommandContext, "cwd">,
): FetchSettings {
  const mirrors = (args.mirror ?? []).map((text) =>
    readAs("--mirror", () => parseMirror(isRelative(text) ? directoryAt(cwd, text) : text)),
  );
  return { cwd, offline: args.offline, mirrors };
}

/** A word that was mistyped must not pass for a directory that has nothing. */
function directoryAt(cwd: string, text: string): string {
  const path = resolve(cwd, text);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new StoreError("NOT_FOUND", `the mirror '${text}' is neither a URL nor a directory`, {
    hint: "Write an http(s) URL, a directory, or FROM=TO with the beginnings of two URLs.",
  });
}

function isRelative(text: string): boolean {
  return !/^(?:[a-z]+:|\/)/i.test(text);
}
