import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromBytes, fromText, toBytes, toFsPath } from "../model/byte-string.ts";
import { type FileListEntry, parseFileList } from "../model/file-list.ts";
import type { BaseName } from "../model/ids.ts";
import { type Replacement, replaceInPlace, replacements } from "../model/rewrite.ts";
import { readTextIfFile } from "../system/atomic-file.ts";
import { createTemporaryDirectory } from "../system/temporary-directory.ts";
import { freeze, freezeDirectory } from "./import/freeze.ts";
import { createLink } from "./import/import-tree.ts";
import { rewriteFile } from "./import/rewrite-file.ts";
import { fileListPath, objectPath, twinPath } from "./layout.ts";
import { readManifest } from "./manifests.ts";
import type { Store } from "./open-store.ts";

/**
 * Where an object lies as it would in a store rooted at `/store`: itself, when it does not mention the store, else its
 * twin, which is made on first use: hard links to its files, and copies of the few that differ.
 */
export function canonicalView(store: Store, object: BaseName): string {
  const { localised } = readManifest(store, object);
  const local = objectPath(store.layout, object);
  if (!localised || store.layout.storeDir === store.layout.canonicalStoreDir) return local;
  const twin = twinPath(store.layout, object);
  if (!existsSync(twin)) makeTwin(store, object, twin);
  return twin;
}

function makeTwin(store: Store, object: BaseName, twin: string): void {
  const { command, now } = store.context;
  mkdirSync(store.layout.twins, { recursive: true, mode: 0o700 });
  using temporary = createTemporaryDirectory(store.layout.temporary, command.join(" "), now);
  const target = join(temporary.path, "twin");
  const differing = new Set(
    readFileList(store, object)
      .filter(({ localId }) => localId !== undefined)
      .map(({ path }) => path),
  );
  const { storeDir, canonicalStoreDir } = store.layout;
  const work: Work = { differing, replacements: replacements([[storeDir, canonicalStoreDir]]) };
  copyDirectory(work, { source: fromText(objectPath(store.layout, object)), target: fromText(target), prefix: "" });
  moveInto(target, twin);
}

/** Whether there are any. */
export function hasTwins({ layout }: Store): boolean {
  return existsSync(layout.twins) && readdirSync(layout.twins).length > 0;
}

/** @throws StoreError DAMAGED */
export function readFileList(store: Store, object: BaseName): FileListEntry[] {
  const path = fileListPath(store.layout, object);
  const entries = parseFileList(readTextIfFile(path) ?? NO_LIST);
  if (entries) return entries;
  throw new StoreError("DAMAGED", `${path} is damaged`, {
    hint: "Run `store verify --repair`.",
    details: { file: path },
  });
}

/** A text that is none. */
const NO_LIST = "?";

interface Work {
  readonly differing: ReadonlySet<ByteString>;
  readonly replacements: readonly Replacement[];
}

function copyDirectory(work: Work, at: { source: ByteString; target: ByteString; prefix: string }): void {
  mkdirSync(toFsPath(at.target), 0o755);
  for (const entry of readdirSync(toFsPath(at.source), { withFileTypes: true, encoding: "latin1" })) {
    const [source, target] = [`${at.source}/${entry.name}`, `${at.target}/${entry.name}`] as [ByteString, ByteString];
    const path = `${at.prefix}${entry.name}` as ByteString;
    if (entry.isDirectory()) copyDirectory(work, { source, target, prefix: `${path}/` });
    else if (entry.isSymbolicLink())
      createLink(rewritten(readlinkSync(toFsPath(source), "latin1") as ByteString, work), target);
    else if (work.differing.has(path)) copyRewritten(source, target, work);
    else linkSync(toFsPath(source), toFsPath(target));
  }
  if (at.prefix !== "") freezeDirectory(at.target);
}

function rewritten(link: ByteString, work: Work): ByteString {
  const bytes = toBytes(link);
  replaceInPlace(bytes, work.replacements);
  return fromBytes(bytes);
}

function copyRewritten(source: ByteString, target: ByteString, work: Work): void {
  copyFileSync(toFsPath(source), toFsPath(target), constants.COPYFILE_EXCL);
  chmodSync(toFsPath(target), statSync(toFsPath(source)).mode | 0o200);
  const fd = openSync(toFsPath(target), constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    rewriteFile(fd, work.replacements);
    freeze(fd, statSync(toFsPath(source)).mode & 0o777);
  } finally {
    closeSync(fd);
  }
}

function moveInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process was faster; both twins are the same.
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
  }
}
