import { lstatSync } from "node:fs";
import { toFsPath } from "../../../model/byte-string.ts";
import type { FileListEntry } from "../../../model/file-list.ts";
import type { BaseName } from "../../../model/ids.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { readIfWhole } from "../../../store/index/index-entry.ts";
import { objectPath } from "../../../store/layout.ts";
import { lockObjects } from "../../../store/lock-objects.ts";
import { clearForDirectory } from "../../../store/repair/aside.ts";
import { localIdOf } from "../../../store/repair/good-file.ts";
import { isMendable, mendMetadata } from "../../../store/repair/mend-metadata.ts";
import { remakeList, remakeRecords } from "../../../store/repair/mend-records.ts";
import { placeIn, takeOut } from "../../../store/repair/place.ts";
import { readFileList } from "../../../store/twins.ts";
import { checkObject } from "../../../store/verify/check-object.ts";
import { assembleObject } from "./assemble-object.ts";
import { type DamagedContent, repairContents } from "./repair-contents.ts";
import { attempt, type RepairContext } from "./repair-context.ts";

/**
 * Repairs objects: records from the bytes, modes and times in place, then bytes from wherever the same are. `shared` are
 * files of the pool that are damaged, which other objects may have.
 */
export async function repairObjects(
  context: RepairContext,
  objects: readonly BaseName[],
  shared: readonly Finding[],
): Promise<void> {
  const { store, settings } = context;
  for (const object of objects) await repairRecords(context, object, checkObject(settings, object).findings);
  for (const object of objects) await repairPlaces(context, object);
  const damaged: DamagedContent[] = [];
  for (const object of objects) {
    const findings = checkObject(settings, object).findings.filter(({ path }) => path !== undefined && path !== "");
    if (findings.length > 0) damaged.push({ object, findings, entries: entriesOf(store, object) });
  }
  await repairContents(context, damaged, shared);
  for (const object of objects) await repairPlaces(context, object);
  for (const object of objects) await repairRecords(context, object, checkObject(settings, object).findings);
}

/** Manifest, file list, and the object as a whole. */
async function repairRecords(context: RepairContext, object: BaseName, findings: readonly Finding[]): Promise<void> {
  const { store, settings, names, report } = context;
  const of = (kind: Finding["kind"]) => findings.filter((finding) => finding.kind === kind);
  const lost = [...of("damaged-manifest"), ...of("damaged-list")];
  await attempt(context, of("missing-object"), async () => {
    for (const finding of of("missing-object")) {
      clearForDirectory(store, objectPath(store.layout, object));
      const from = (await assembleObject(context, object)) ?? (await context.restore(object));
      if (from !== undefined) report.done(finding, from);
    }
  });
  await attempt(context, lost, async () => {
    if (lost.length === 0) return;
    using _lock = await lockObjects(store, context.run.signal);
    const manifest = of("damaged-manifest").length > 0 ? undefined : readIfWhole(store, object);
    const isMade = manifest ? remakeList(store, manifest, settings) : remakeRecords(store, object, { settings, names });
    if (isMade) for (const finding of lost) report.done(finding, "made anew from the object's own bytes");
  });
  await attempt(context, of("missing-reference"), async () => {
    for (const finding of of("missing-reference")) await repairReference(context, object, finding);
  });
}

/** What an object needs is had again; a reference that its bytes do not mention is a damaged manifest. */
async function repairReference(context: RepairContext, object: BaseName, finding: Finding): Promise<void> {
  const { store, settings, names, report } = context;
  const from = finding.reference && (await context.restore(finding.reference));
  if (from !== undefined) return report.done(finding, from);
  using _lock = await lockObjects(store, context.run.signal);
  const before = readIfWhole(store, object);
  if (!before || !remakeRecords(store, object, { settings, names })) return;
  report.done(finding, "the manifest was wrong: made anew from the object's own bytes");
}

/** Modes, times, owners and attributes, and what does not belong there. */
async function repairPlaces(context: RepairContext, object: BaseName): Promise<void> {
  const { store, settings, report } = context;
  const { findings } = checkObject({ ...settings, contents: false }, object);
  const all = new Map(entriesOf(store, object).map((entry) => [entry.path, entry]));
  for (const finding of checkObject(settings, object).findings.concat(findings)) {
    const { path, kind } = finding;
    if (path === undefined) continue;
    await attempt(context, [finding], async () => {
      if (kind === "extra-file" && lstatSync(toFsPath(placeIn(store, object, path)), { throwIfNoEntry: false }))
        report.done(finding, `moved to ${takeOut(store, object, path)}`);
      else if (
        isMendable(kind) &&
        mendMetadata(store, { ...requestOf(all.get(path)), uid: settings.uid, path: placeIn(store, object, path) })
      )
        report.done(finding, "set right in its place");
    });
  }
}

function requestOf(entry: FileListEntry | undefined) {
  if (!entry || entry.mode === "40000" || entry.mode === "120000") return {};
  return { file: { id: localIdOf(entry), executable: entry.mode === "100755" } };
}

function entriesOf(store: RepairContext["store"], object: BaseName): readonly FileListEntry[] {
  try {
    return readFileList(store, object);
  } catch {
    // Told by a finding of its own.
    return [];
  }
}
