import { existsSync, readdirSync, statSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import type { ImportSettings } from "./import-settings.ts";

/**
 * Whether it is worth to look for a file of this name in the pool, and the pool seems to hold it. During one import it
 * answers from listings: what other processes add to the pool meanwhile is then missed. And when the pool held none of many
 * files, only now and then a look is taken for the next ones, until it holds one: a file that is missed so is written and
 * becomes a link to the pool's later, while most of those that are new anyway cost nothing.
 */
export function mayHold(settings: ImportSettings, name: string): boolean {
  const pool = poolOf(settings);
  if (pool.misses >= MANY_MISSES && pool.misses % SAMPLE !== 0) {
    pool.misses += 1;
    return false;
  }
  const holds = looksHeld(pool, `${settings.files}/${name.slice(0, 2)}`, name);
  pool.misses = holds ? 0 : pool.misses + 1;
  return holds;
}

/** After so many files in a row that the pool did not hold one look is taken for so many files. */
const MANY_MISSES = 64;
const SAMPLE = 8;

function looksHeld(pool: KnownPool, directory: string, name: string): boolean {
  const part = partOf(pool, name.slice(0, 2));
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

/** What one import knows of the pool. */
interface KnownPool {
  /** By the first two digits of the names. */
  readonly parts: Map<string, PoolPart>;
  /** How many files it did not hold since the last one that it held. */
  misses: number;
}

const known = new WeakMap<ImportSettings, KnownPool>();

function poolOf(settings: ImportSettings): KnownPool {
  const pool = known.get(settings) ?? { parts: new Map<string, PoolPart>(), misses: 0 };
  known.set(settings, pool);
  return pool;
}

function partOf({ parts }: KnownPool, prefix: string): PoolPart {
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
