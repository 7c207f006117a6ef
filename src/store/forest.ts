import {
  type BigIntStats,
  chmodSync,
  closeSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromText, isAscii, toBytes, toEscaped, toFsPath } from "../model/byte-string.ts";
import { type GitTreeEntry, hashLinkTarget, hashTree } from "../model/git-object.ts";
import type { BaseName, TreeId } from "../model/ids.ts";
import type { PlaceInObject, TreeEntry, TreeReader } from "../model/link-plan/tree-reader.ts";
import type { PlanDirectory } from "../model/link-plan.ts";
import { freezeDirectory, makesPlainFiles } from "./import/freeze.ts";

/**
 * Reads store objects where they lie in `storeDir`, or where `staged` says.
 *
 * Its functions throw StoreError DAMAGED for an object, or a part of one, that is missing, and for an entry that no
 * object may have.
 */
export function diskTreeReader(storeDir: string, staged: ReadonlyMap<BaseName, string> = new Map()): TreeReader {
  const prefix = fromText(`${storeDir}/`);
  const tops = new Map([...staged].map(([baseName, directory]) => [baseName, fromText(directory)]));
  const topOf = (baseName: BaseName) => tops.get(baseName) ?? `${prefix}${baseName}`;
  const fsPath = ({ baseName, path }: PlaceInObject) => toFsPath(`${topOf(baseName)}/${path}` as ByteString);
  return {
    list(baseName, path) {
      const place = { baseName, path };
      return reading(place, () =>
        readdirSync(fsPath(place), { encoding: "latin1", withFileTypes: true }).map((entry) => ({
          name: entry.name as ByteString,
          kind: kindOf(entry, place),
        })),
      );
    },
    readLink(baseName, path) {
      const place = { baseName, path };
      return reading(place, () => readlinkSync(fsPath(place), { encoding: "latin1" }) as ByteString);
    },
    sameContent(a, b) {
      const left = reading(a, () => lstatSync(fsPath(a), { bigint: true }));
      const right = reading(b, () => lstatSync(fsPath(b), { bigint: true }));
      // Most equal files are one file of the pool, linked into both objects.
      if (left.dev === right.dev && left.ino === right.ino) return true;
      if (left.size !== right.size || isExecutable(left) !== isExecutable(right)) return false;
      return haveSameBytes(fsPath(a), fsPath(b));
    },
  };
}

/** The tree id that the forest has as a store object: its links are relative, so its local form is the canonical one. */
export function treeIdOfPlan(root: PlanDirectory): TreeId {
  const entries: GitTreeEntry[] = [];
  for (const [name, node] of root.entries) {
    if (node.kind === "directory") entries.push({ mode: "40000", name, id: treeIdOfPlan(node) });
    else entries.push({ mode: "120000", name, id: hashLinkTarget(node.target) });
  }
  return hashTree(entries);
}

/**
 * Writes a forest into `directory`, which exists and is empty. What is in it is frozen (directories 0555, all mtime 1);
 * `directory` itself is left as it is, since a directory that is to be renamed elsewhere must be writable.
 */
export function writeForest(root: PlanDirectory, directory: string): void {
  writeEntries(root, fromText(directory), makesPlainFiles(directory) ? freezePlain : freezeDirectory);
}

function writeEntries(
  { entries }: PlanDirectory,
  directory: ByteString,
  freeze: (directory: ByteString) => void,
): void {
  const directoryIsAscii = isAscii(directory);
  const prefix = `${directory}/`;
  for (const [name, node] of entries) {
    const path = (prefix + name) as ByteString;
    const fsPath = directoryIsAscii && isAscii(name) ? path : toBytes(path);
    if (node.kind === "link") {
      symlinkSync(toFsPath(node.target), fsPath);
      lutimesSync(fsPath, 1, 1);
    } else {
      mkdirSync(fsPath);
      writeEntries(node, path, freeze);
      freeze(path);
    }
  }
}

/** `freezeDirectory` for one that has inherited no attributes: it need not be opened. */
function freezePlain(directory: ByteString): void {
  const path = toFsPath(directory);
  utimesSync(path, 1, 1);
  chmodSync(path, 0o555);
}

interface KnowsItsKind {
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(entry: KnowsItsKind, { baseName, path }: PlaceInObject): TreeEntry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isSymbolicLink()) return "link";
  if (entry.isDirectory()) return "directory";
  throw damaged({ baseName, path }, "holds something that is no directory, regular file or symlink");
}

function reading<T>(place: PlaceInObject, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EINVAL")) throw damaged(place, "is missing or has changed", error);
    throw error;
  }
}

function damaged({ baseName, path }: PlaceInObject, fault: string, cause?: unknown): StoreError {
  const subject = path === "" ? baseName : `${toEscaped(path)} in ${baseName}`;
  return new StoreError("DAMAGED", `${subject} ${fault}`, {
    hint: "Run 'store verify' to see what is damaged and how to repair it.",
    details: { baseName, path: toEscaped(path) },
    cause,
  });
}

function isExecutable({ mode }: BigIntStats): boolean {
  return (mode & 0o100n) !== 0n;
}

const COMPARED_AT_ONCE = 256 * 1024;

function haveSameBytes(a: string | Buffer, b: string | Buffer): boolean {
  const left = openSync(a, "r");
  try {
    const right = openSync(b, "r");
    try {
      return readsSameBytes(left, right);
    } finally {
      closeSync(right);
    }
  } finally {
    closeSync(left);
  }
}

function readsSameBytes(left: number, right: number): boolean {
  const [a, b] = [Buffer.allocUnsafe(COMPARED_AT_ONCE), Buffer.allocUnsafe(COMPARED_AT_ONCE)];
  for (;;) {
    const [lengthA, lengthB] = [fill(left, a), fill(right, b)];
    if (!a.subarray(0, lengthA).equals(b.subarray(0, lengthB))) return false;
    if (lengthA < COMPARED_AT_ONCE) return true;
  }
}

/** Reads until the buffer is full or the file ends: a single `read` may stop short. */
function fill(fd: number, buffer: Buffer): number {
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
  }
  return length;
}
