import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTextIfPresent } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";

/** What is kept of an earlier answer, so that it need not be worked out again. */
export interface Memory {
  /** What was asked, as text. */
  readonly request: string;
}

/** `undefined` when there is none of this request, or it cannot be read. */
export function readMemory<M extends Memory>(directory: string, request: string): M | undefined {
  try {
    const text = readTextIfPresent(memoryFile(directory, request));
    const memory = JSON.parse(text ?? "") as M;
    return memory.request === request ? memory : undefined;
  } catch {
    return undefined;
  }
}

/** What is torn by a crash is no JSON, and not believed. */
export function writeMemory(directory: string, memory: Memory): void {
  mkdirSync(directory, { recursive: true });
  const others = readdirSync(directory);
  if (others.length >= MOST_KEPT) for (const name of others) removeFile(join(directory, name));
  writeFileSync(memoryFile(directory, memory.request), JSON.stringify(memory));
}

const MOST_KEPT = 100;

function memoryFile(directory: string, request: string): string {
  return join(directory, `${shortHash(request)}.json`);
}

/** FNV-1a, 32 bits: the text itself is compared. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
