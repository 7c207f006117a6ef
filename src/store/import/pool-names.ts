import { existsSync, opendirSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import type { ImportSettings } from "./import-settings.ts";

/**
 * Whether the pool may hold a file of this name. Asked often during one import, it answers from a listing: what other
 * processes add to the pool meanwhile is then missed.
 */
export function mayHold(settings: ImportSettings, name: string): boolean {
  const prefix = name.slice(0, 2);
  const part = partOf(settings, prefix);
  part.asked += 1;
  if (part.asked === WORTH_LISTING) part.names = listFew(`${settings.files}/${prefix}`);
  return part.names ? part.names.has(name) : existsSync(`${settings.files}/${prefix}/${name}`);
}

/** What one import knows of one of the pool's directories. */
interface PoolPart {
  asked: number;
  /** Its names, once it was worth reading them and when there were few. */
  names: ReadonlySet<string> | undefined;
}

/** So many questions cost as much as reading a directory with a few names. */
const WORTH_LISTING = 4;
const FEW = 256;

/** By import, and by the first two digits of the names. */
const known = new WeakMap<ImportSettings, Map<string, PoolPart>>();

function partOf(settings: ImportSettings, prefix: string): PoolPart {
  const parts = known.get(settings) ?? new Map<string, PoolPart>();
  known.set(settings, parts);
  const part = parts.get(prefix) ?? { asked: 0, names: undefined };
  parts.set(prefix, part);
  return part;
}

function listFew(path: string): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  const directory = openIfThere(path);
  if (!directory) return names;
  try {
    for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
      if (names.size === FEW) return undefined;
      names.add(entry.name);
    }
    return names;
  } finally {
    directory.closeSync();
  }
}

function openIfThere(path: string) {
  try {
    return opendirSync(path, { bufferSize: FEW });
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
