import { renameSync } from "node:fs";
import { type ByteString, fromText, toEscaped, toFsPath } from "../../../model/byte-string.ts";
import type { FileListEntry } from "../../../model/file-list.ts";
import type { BaseName, BlobId } from "../../../model/ids.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { createLink } from "../../../store/import/import-tree.ts";
import { markReplaced } from "../../../store/import/pool-files.ts";
import { poolPath } from "../../../store/layout.ts";
import { moveAside } from "../../../store/repair/aside.ts";
import {
  findGoodFile,
  type GoodFile,
  hasContent,
  linkOrCopy,
  localIdOf,
  type WantedFile,
  wantedKey,
} from "../../../store/repair/good-file.ts";
import { findLinkTarget } from "../../../store/repair/good-link.ts";
import { type LocatedEntry, locateContents } from "../../../store/repair/locate.ts";
import { placeDirectory, placeEntry, placeIn } from "../../../store/repair/place.ts";
import { syncDirectory } from "../../../system/atomic-file.ts";
import { lstatIfThere } from "../../../system/lstat-if-there.ts";
import { randomName } from "../../../system/random-name.ts";
import { removeFile } from "../../../system/remove-file.ts";
import { attempt, type RepairContext } from "./repair-context.ts";

/** An object with faults that other bytes can mend. */
export interface DamagedContent {
  readonly object: BaseName;
  readonly findings: readonly Finding[];
  /** Its file list. */
  readonly entries: readonly FileListEntry[];
}

/** Finds good bytes for files and links, and puts them wherever the damaged ones are: in the pool and in every object. */
export async function repairContents(
  context: RepairContext,
  damaged: readonly DamagedContent[],
  shared: readonly Finding[],
): Promise<void> {
  const lacking = damaged.flatMap((item) => lackingEntries(item));
  const pool = shared.flatMap(({ subject }) => poolKey(subject));
  const ids = new Set([...lacking.flatMap(({ entry }) => [entry.id, localIdOf(entry)]), ...pool.map(({ id }) => id)]);
  const located = locateContents(context.store, ids);
  for (const file of wantedFiles(located, lacking, pool))
    await attempt(context, findingsOf(file, damaged, shared), () => repairFile(context, file, { damaged, shared }));
  for (const { object, entry, siblings, finding } of lacking) {
    if (isFile(entry)) continue;
    await attempt(context, [finding], () => repairOther(context, { object, entry, siblings, finding, located }));
  }
}

interface Lacking extends LocatedEntry {
  readonly finding: Finding;
  readonly siblings: readonly FileListEntry[];
}

/** The entries that a finding is about: of a directory that is missing, all that lie in it. */
function lackingEntries({ object, findings, entries }: DamagedContent): Lacking[] {
  const content = findings.filter(({ kind }) => kind !== "extra-file");
  return content.flatMap((finding) => {
    const { path = "", kind } = finding;
    const isWhole = kind === "missing-file" || kind === "wrong-kind" || kind === "unreadable-file";
    const concerned = entries.filter((entry) => entry.path === path || (isWhole && entry.path.startsWith(`${path}/`)));
    return concerned.map((entry) => ({ object, entry, finding, siblings: entries }));
  });
}

function isFile({ mode }: FileListEntry): boolean {
  return mode === "100644" || mode === "100755";
}

function poolKey(subject: string): FileKey[] {
  const match = /^files\/[0-9a-f]{2}\/([0-9a-f]{64})(x?)$/.exec(subject);
  return match ? [{ id: match[1] as BlobId, executable: match[2] === "x" }] : [];
}

type Located = ReadonlyMap<string, readonly LocatedEntry[]>;

/** Each content once, with all places that need it. */
function wantedFiles(located: Located, lacking: readonly LocatedEntry[], pool: readonly FileKey[]): WantedFile[] {
  const groups = new Map<string, { readonly key: FileKey; readonly own: LocatedEntry[] }>();
  const groupOf = (key: FileKey) => {
    const group = groups.get(wantedKey(key)) ?? { key, own: [] };
    groups.set(wantedKey(key), group);
    return group;
  };
  for (const { object, entry } of lacking) {
    if (!isFile(entry)) continue;
    groupOf({ id: localIdOf(entry), executable: entry.mode === "100755" }).own.push({ object, entry });
  }
  for (const key of pool) groupOf(key);
  return [...groups.values()].map(({ key, own }) => wantedFile(located, key, own));
}

interface FileKey {
  readonly id: BlobId;
  readonly executable: boolean;
}

function wantedFile(located: Located, key: FileKey, own: readonly LocatedEntry[]): WantedFile {
  const all = [...own, ...(located.get(key.id) ?? [])];
  const places = new Map(
    all
      .filter(({ entry }) => isFile(entry) && localIdOf(entry) === key.id)
      .map((place) => [`${place.object}/${place.entry.path}`, place]),
  );
  const [first] = places.values();
  const related = (first && located.get(first.entry.id)) ?? [];
  return {
    ...key,
    size: first?.entry.size ?? -1,
    places: [...places.values()],
    related: related.filter(({ entry }) => isFile(entry) && localIdOf(entry) !== key.id),
  };
}

interface Told {
  readonly damaged: readonly DamagedContent[];
  readonly shared: readonly Finding[];
}

async function repairFile(context: RepairContext, wanted: WantedFile, told: Told): Promise<void> {
  const { store, settings, scratch, obtain, report } = context;
  const good = await findGoodFile(store, wanted, { pace: settings.pace, scratch, obtain });
  if (!good) return withdrawFromPool(context, wanted, told.shared);
  putIntoPool(context, wanted, good);
  for (const { object, entry } of wanted.places) {
    if ((entry.mode === "100755") !== wanted.executable || isGood(context, { object, entry }, wanted)) continue;
    const copy = `${fromText(scratch)}/${randomName()}` as ByteString;
    linkOrCopy(good.path, copy);
    placeEntry(store, { object, path: entry.path }, copy);
  }
  removeFile(toFsPath(good.path));
  for (const finding of findingsOf(wanted, told.damaged, told.shared)) report.done(finding, good.from);
}

function isGood({ store, settings }: RepairContext, { object, entry }: LocatedEntry, wanted: WantedFile): boolean {
  const path = placeIn(store, object, entry.path);
  const status = lstatIfThere(path);
  if (!lstatIfThere(placeIn(store, object, "" as ByteString))) return true;
  if (!status?.isFile() || status.size !== entry.size) return false;
  const isFrozen = (status.mode & 0o7777) === (wanted.executable ? 0o555 : 0o444);
  return isFrozen && hasContent(path, wanted, settings.pace);
}

/** The damaged file of the pool lives on in objects until each has the good one. */
function putIntoPool({ store, settings, scratch }: RepairContext, wanted: WantedFile, good: GoodFile): void {
  const pool = fromText(poolPath(store.layout, wanted.id, wanted.executable));
  const status = lstatIfThere(pool);
  if (!status) return;
  if (status.isDirectory()) moveAside(store, pool);
  else if (hasContent(pool, wanted, settings.pace) && lstatIfThere(good.path)?.ino === status.ino) return;
  const temporary = `${fromText(scratch)}/${randomName()}` as ByteString;
  markReplaced(store.layout);
  linkOrCopy(good.path, temporary);
  renameSync(toFsPath(temporary), toFsPath(pool));
  removeFile(toFsPath(temporary));
  syncDirectory(pool.slice(0, pool.lastIndexOf("/")));
}

/** Without good bytes it must at least not get into further objects. Those that have it keep it. */
function withdrawFromPool(context: RepairContext, wanted: WantedFile, shared: readonly Finding[]): void {
  const { store, settings, report } = context;
  const pool = fromText(poolPath(store.layout, wanted.id, wanted.executable));
  if (!lstatIfThere(pool) || hasContent(pool, wanted, settings.pace)) return;
  const where = moveAside(store, pool);
  for (const finding of shared)
    if (finding.subject.endsWith(`/${wantedKey(wanted)}`)) report.done(finding, `taken out of the pool, to ${where}`);
}

function findingsOf(
  wanted: WantedFile,
  damaged: readonly DamagedContent[],
  shared: readonly Finding[],
): readonly Finding[] {
  const places = new Set(wanted.places.map(({ object, entry }) => `${object}/${toEscaped(entry.path)}`));
  const isPlace = ({ subject, kind }: Finding) =>
    kind !== "extra-file" && [...places].some((place) => place === subject || place.startsWith(`${subject}/`));
  return [
    ...damaged.flatMap(({ findings }) => findings.filter(isPlace)),
    ...shared.filter(({ subject }) => subject.endsWith(`/${wantedKey(wanted)}`)),
  ];
}

async function repairOther(
  { store, scratch, report, obtain }: RepairContext,
  { object, entry, siblings, finding, located }: Lacking & { readonly located: Located },
): Promise<void> {
  const { path } = entry;
  if (entry.mode === "40000") {
    placeDirectory(store, object, path);
    report.done(finding, "made anew");
    return;
  }
  const places = (located.get(entry.id) ?? []).filter((item) => item.entry.mode === "120000");
  const found = await findLinkTarget(store, { object, entry, siblings, places, obtain });
  if (!found) return;
  const link = `${fromText(scratch)}/${randomName()}` as ByteString;
  createLink(found.target, link);
  placeEntry(store, { object, path }, link);
  report.done(finding, found.from);
}
