import { isUtf8 } from "node:buffer";
import { readFileSync, readlinkSync } from "node:fs";
import { fromBytes, toEscaped } from "../model/byte-string.ts";

/**
 * Node reads arguments, variables and the working directory as UTF-8, and puts this in the place of what is none: what
 * stood there is lost, and another file has the name that came of it. Only where it is seen are the bytes looked at, in
 * `/proc`; where there is none, nothing is known to be wrong. What is found is told with `%XX` for each odd byte.
 */
const REPLACEMENT = "\ufffd";

/** Words of this process's command line that are not UTF-8. */
export function undecodableWords(): readonly string[] {
  const words = process.argv.slice(2);
  if (!words.some((word) => word.includes(REPLACEMENT))) return [];
  return readList("cmdline")
    .slice(-words.length)
    .filter((word) => !isUtf8(word))
    .map(escaped);
}

/** The working directory of this process, when its path is not UTF-8. */
export function undecodableDirectory(): string | undefined {
  try {
    if (!process.cwd().includes(REPLACEMENT)) return undefined;
    const path = readlinkSync("/proc/self/cwd", "buffer");
    return isUtf8(path) ? undefined : escaped(path);
  } catch {
    // There is none, which concerns only who needs it.
    return undefined;
  }
}

/** Names of the variables of `env` that came to this process with bytes that are not UTF-8, in the name or the value. */
export function undecodableVariables(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (!Object.entries(env).some((pair) => pair.join("=").includes(REPLACEMENT))) return [];
  return readList("environ").flatMap((entry) => {
    if (isUtf8(entry)) return [];
    const end = entry.indexOf("=");
    const [name, value] = [entry.subarray(0, end), entry.subarray(end + 1)];
    // One that was set anew since is what it was meant to be.
    return env[name.toString()] === value.toString() ? [escaped(name)] : [];
  });
}

/** A list of texts that each end in a zero byte. */
function readList(file: string): readonly Buffer[] {
  const texts: Buffer[] = [];
  const bytes = readIfThere(`/proc/self/${file}`);
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    texts.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at += (texts.at(-1)?.length ?? 0) + 1;
  }
  return texts;
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

function escaped(bytes: Uint8Array): string {
  return toEscaped(fromBytes(bytes));
}
