import { mkdirSync, renameSync } from "node:fs";
import { type ByteString, fromText, toFsPath } from "../../../model/byte-string.ts";
import type { FileListEntry } from "../../../model/file-list.ts";
import { printFileList } from "../../../model/file-list.ts";
import type { BaseName } from "../../../model/ids.ts";
import { directoriesOfList } from "../../../model/verify/compare-tree.ts";
import { commitObjects } from "../../../store/commit-objects.ts";
import { freezeDirectory } from "../../../store/import/freeze.ts";
import { createLink } from "../../../store/import/import-tree.ts";
import { readIfWhole } from "../../../store/index/index-entry.ts";
import { findGoodFile, localIdOf } from "../../../store/repair/good-file.ts";
import { findLinkTarget } from "../../../store/repair/good-link.ts";
import { type LocatedEntry, locateContents } from "../../../store/repair/locate.ts";
import { readFileList } from "../../../store/twins.ts";
import { randomName } from "../../../system/random-name.ts";
import { removeFile } from "../../../system/remove-file.ts";
import { removeTree } from "../../../system/remove-tree.ts";
import type { RepairContext } from "./repair-context.ts";

/** Puts an object together whose directory is gone: its file list tells of what, the pool and others have the bytes. */
export async function assembleObject(context: RepairContext, object: BaseName): Promise<string | undefined> {
  const { store } = context;
  const manifest = readIfWhole(store, object);
  const entries = manifest && entriesIfWhole(context, object);
  if (!manifest || !entries) return undefined;
  const directory = `${context.scratch}/${randomName()}`;
  mkdirSync(directory, 0o755);
  if (!(await fill(context, { object, entries, directory }))) {
    removeTree(directory);
    return undefined;
  }
  const directories = [...directoriesOfList(entries)].sort().reverse();
  const paths = directories.map((path) => `${fromText(directory)}/${path}` as ByteString);
  for (const path of paths) freezeDirectory(path);
  const staged = { manifest, reused: false, replaces: "never" as const, directory, fileList: [printFileList(entries)] };
  await commitObjects(
    store,
    [{ ...staged, fresh: [...paths, fromText(directory)], pooling: undefined }],
    context.run.signal,
  );
  return "put together from files of the pool and of other objects";
}

function entriesIfWhole({ store }: RepairContext, object: BaseName): readonly FileListEntry[] | undefined {
  try {
    return readFileList(store, object);
  } catch {
    // Without its list nobody knows what it consisted of.
    return undefined;
  }
}

interface Assembly {
  readonly object: BaseName;
  readonly entries: readonly FileListEntry[];
  readonly directory: string;
}

async function fill(context: RepairContext, { object, entries, directory }: Assembly): Promise<boolean> {
  const { store } = context;
  const located = locateContents(store, new Set(entries.flatMap((entry) => [entry.id, localIdOf(entry)])));
  for (const path of [...directoriesOfList(entries)].sort())
    mkdirSync(toFsPath(`${fromText(directory)}/${path}` as ByteString), { recursive: true, mode: 0o755 });
  for (const entry of entries) {
    if (entry.mode === "40000") continue;
    const path = await make(context, { object, entry, entries, located: located.get(localIdOf(entry)) ?? [] });
    if (path === undefined) return false;
    renameSync(toFsPath(path), toFsPath(`${fromText(directory)}/${entry.path}` as ByteString));
    removeFile(toFsPath(path));
  }
  return true;
}

const NOTHING = async () => undefined;

async function make(
  { store, settings, scratch }: RepairContext,
  part: Omit<Assembly, "directory"> & { readonly entry: FileListEntry; readonly located: readonly LocatedEntry[] },
): Promise<ByteString | undefined> {
  const { object, entry, entries, located } = part;
  if (entry.mode === "120000") {
    const places = located.filter((item) => item.entry.mode === "120000");
    const found = await findLinkTarget(store, { object, entry, siblings: entries, places, obtain: NOTHING });
    if (!found) return undefined;
    const link = `${fromText(scratch)}/${randomName()}` as ByteString;
    createLink(found.target, link);
    return link;
  }
  const wanted = {
    id: localIdOf(entry),
    executable: entry.mode === "100755",
    size: entry.size,
    places: [
      { object, entry },
      ...located.filter((item) => localIdOf(item.entry) === localIdOf(entry) && item.object !== object),
    ],
    related: located.filter((item) => localIdOf(item.entry) !== localIdOf(entry)),
  };
  const good = await findGoodFile(store, wanted, { pace: settings.pace, scratch, obtain: NOTHING });
  return good?.path;
}
