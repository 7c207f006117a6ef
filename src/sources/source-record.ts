import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { isJsonObject } from "../model/json-object.ts";
import { readTextIfFile, writeFileAtomic } from "../system/atomic-file.ts";

/** A JSON object on disk; fields that this version does not know are kept. */
export type SourceRecord = Readonly<Record<string, unknown>>;

const FORMAT = 1;

/** The record at `path`. One that cannot be read counts as none: it is only a memory of what was fetched. */
export function readRecord(path: string): SourceRecord | undefined {
  try {
    const value: unknown = JSON.parse(readTextIfFile(path) ?? "null");
    return isJsonObject(value) && value.format === FORMAT ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes `fields` over those that the record has. */
export function writeRecord(path: string, fields: SourceRecord): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomic(path, `${JSON.stringify({ ...readRecord(path), format: FORMAT, ...fields }, undefined, 2)}\n`);
}
