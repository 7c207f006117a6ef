import { isAbsolute } from "node:path";
import { StoreError } from "../errors.ts";
import { damagedRecord, parseJsonObject, readRecord } from "../model/json-object.ts";
import { type AtomicWrite, readTextIfPresent, writeFileAtomic } from "../system/atomic-file.ts";
import { isWidth, WIDTHS, type Width } from "./layout.ts";

/** The newest disk format that this program reads and writes. */
export const FORMAT = 1;

/** `store.json`: what a store is. Members that this version does not know stay in `unknown`. */
export interface StoreFile {
  readonly format: number;
  readonly width: Width;
  /** 32 hexadecimal digits, drawn at random by `store init`. */
  readonly id: string;
  /** Where the objects lie. Their bytes mention it, so a store that was moved as a whole is not usable. */
  readonly storeDir: string;
  /** Where profiles, log, roots and index lie when that is not the storeRoot: an absolute path. */
  readonly adminDir?: string;
  /** Its owner accepts that others could replace the store or write to it. */
  readonly unsafeRoot?: boolean;
  /** UTC, RFC 3339. */
  readonly created: string;
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function readStoreFile(path: string, newest: number = FORMAT): StoreFile | undefined {
  try {
    const text = readTextIfPresent(path);
    return text === undefined ? undefined : parseStoreFile(text, path, newest);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "DAMAGED") throw error;
    // Without this file no command works, so none can mend it.
    const hint = "Restore it from a backup, or write it by hand: docs/verify.md tells which members can be known.";
    throw new StoreError("DAMAGED", error.message, { hint, details: error.details, cause: error });
  }
}

export function writeStoreFile(path: string, file: StoreFile, options: AtomicWrite = {}): void {
  const { unknown, ...known } = file;
  writeFileAtomic(path, `${JSON.stringify({ ...known, ...unknown }, null, 2)}\n`, options);
}

function parseStoreFile(text: string, path: string, newest: number): StoreFile {
  const members = parseJsonObject(text, path);
  const record = readRecord(members, path, newest);
  const format = members.format as number;
  const width = record.count("width");
  const id = record.text("id");
  const adminDir = record.optionalText("adminDir");
  const unsafeRoot = record.value("unsafeRoot") === true;
  if (!isWidth(width)) throw damagedRecord(path, `width is not one of ${WIDTHS.join(", ")}`);
  if (adminDir !== undefined && !isAbsolute(adminDir)) throw damagedRecord(path, "adminDir is no absolute path");
  if (!/^[0-9a-f]{32}$/.test(id)) throw damagedRecord(path, "id is not 32 hexadecimal digits");
  return {
    format,
    width,
    id,
    storeDir: record.text("storeDir"),
    ...(adminDir !== undefined && { adminDir }),
    ...(unsafeRoot && { unsafeRoot }),
    created: record.text("created"),
    unknown: record.rest(),
  };
}
