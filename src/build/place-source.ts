import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type ByteString, fromText, toFsPath } from "../model/byte-string.ts";
import { copyFile, copyTree } from "../system/copy-tree.ts";
import { SOURCE_DATE_EPOCH } from "./sandbox/environment.ts";

/**
 * Copies a source, a file or a directory, to where a build finds it. To make no file is newer than another one, so nothing
 * that the sources bring along is made again.
 */
export function placeSource(from: ByteString, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (statSync(toFsPath(from)).isDirectory()) copyTree(from, fromText(to), SOURCE_DATE_EPOCH);
  else copyFile(toFsPath(from), to, SOURCE_DATE_EPOCH);
}
