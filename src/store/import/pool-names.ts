import { existsSync, readdirSync, statSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import type { ImportSettings } from "./import-settings.ts";

/**
 * Whether the pool may hold a file of this name. Asked often during one import, it answers from a listing: what other
 * processes add to the pool meanwhile is then missed.
 */
export function mayHold(settings: ImportSettings, name: string): boolean {
  const prefix = name.slice(0, 2);
  const directory = `${settings.files}/${prefix}`;
  const part = partOf(settings, prefix);
  part.asked += 1;
  if (!part.names && isWorthListing(part, directory)) part.names = list(directory);
  return part.names ? part.names.has(name) : existsSync(`${directory}/${name}`);
}

/** What one import knows of one of the pool's directories. */
interface PoolPart {
  asked: number;
  /** Bytes that the directory itself takes, once it was worth asking; 0 where there is none. */
  size: number | undefined;
  /** Its names, once it was worth reading them. */
  names: ReadonlySet<string> | undefined;
}

/** So many questions cost as much as to ask for the size of the directory and to read a small one. */
const FEW_QUESTIONS = 4;

/** So much of a directory is read in about the time that a question takes. */
const BYTES_A_QUESTION = 1024;

/** What is read at most, in bytes, since the names are kept: 300 of them on ext4, 1,200 on tmpfs. */
const MOST_BYTES = 24 << 10;

function isWorthListing(part: PoolPart, directory: string): boolean {
  if (part.asked < FEW_QUESTIONS) return false;
  part.size ??= statSync(directory, { throwIfNoEntry: false })?.size ?? 0;
  return part.size <= Math.min(MOST_BYTES, part.asked * BYTES_A_QUESTION);
}

/** By import, and by the first two digits of the names. */
const known = new WeakMap<ImportSettings, Map<string, PoolPart>>();

function partOf(settings: ImportSettings, prefix: string): PoolPart {
  const parts = known.get(settings) ?? new Map<string, PoolPart>();
  known.set(settings, parts);
  const part = parts.get(prefix) ?? { asked: 0, size: undefined, names: undefined };
  parts.set(prefix, part);
  return part;
}

function list(path: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(path));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return new Set();
    throw error;
  }
}
