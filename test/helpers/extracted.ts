import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../src/errors.ts";
import type { ByteString } from "../../src/model/byte-string.ts";
import {
  type ArchiveLimits,
  type ExtractOptions,
  type ExtractResult,
  extractArchive,
} from "../../src/system/archive/extract-archive.ts";
import { makeWorld, readTree } from "./worlds.ts";

export const WIDE: ArchiveLimits = { maxBytes: 2 ** 50, maxRatio: 1e9, maxEntries: 1_000_000 };

export type ExtractSettings = Partial<Omit<ExtractOptions, "limits">> & { readonly limits?: Partial<ArchiveLimits> };

export interface Extracted {
  readonly result: ExtractResult;
  readonly target: string;
  /** `file: content`, `exec: content`, `link: target` or `directory` by path. */
  readonly tree: Readonly<Record<string, string>>;
}

/** Extracts an archive, given by its bytes, into a directory of its own; nothing is stripped unless asked for. */
export async function extracted(archive: Uint8Array, settings: ExtractSettings = {}): Promise<Extracted> {
  const { file, target } = place(archive);
  const result = await extractArchive(file, target, withDefaults(settings));
  return {
    result,
    target,
    get tree() {
      return treeOf(target);
    },
  };
}

/** The error that an archive ends in. Fails when there is none, or when anything but the target was touched. */
export async function refused(archive: Uint8Array, settings: ExtractSettings = {}): Promise<StoreError> {
  const { file, target, directory } = place(archive);
  const outcome = await extractArchive(file, target, withDefaults(settings)).catch((error: unknown) => error);
  const outside = [...readTree(directory).keys()].filter((path) => !path.startsWith("around/target"));
  if (outside.sort().join() !== ",around,around/canary,input") throw new Error(`touched outside: ${outside.join()}`);
  if (!(outcome instanceof StoreError)) throw new Error("expected a StoreError", { cause: outcome });
  if (!outcome.message.includes(file)) throw new Error(`does not name the archive: ${outcome.message}`);
  return outcome;
}

/** What lies in a directory, in short. */
export function treeOf(directory: string): Record<string, string> {
  const lines: [string, string][] = [];
  for (const [path, seen] of readTree(directory)) {
    const kind = seen.kind === "file" && (seen.mode & 0o111) !== 0 ? "exec" : seen.kind;
    const text = kind === "directory" ? "directory" : `${kind}: ${seen.content.toString("latin1")}`;
    if (path !== ("" as ByteString)) lines.push([path, text]);
  }
  return Object.fromEntries(lines.sort());
}

function place(archive: Uint8Array) {
  const { directory } = makeWorld();
  const target = join(directory, "around", "target");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(directory, "around", "canary"), "canary");
  const file = join(directory, "input");
  writeFileSync(file, archive);
  return { file, target, directory };
}

function withDefaults(settings: ExtractSettings): ExtractOptions {
  return { strip: 0, ...settings, limits: { ...WIDE, ...settings.limits } };
}
