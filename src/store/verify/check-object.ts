import { existsSync, lstatSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { fromText, toEscaped } from "../../model/byte-string.ts";
import { type FileListEntry, parseFileList, printFileList } from "../../model/file-list.ts";
import { type BaseName, digestInBaseName, digestOf, type TreeId } from "../../model/ids.ts";
import { type Manifest, parseManifest } from "../../model/manifest.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { treeIdOfList } from "../../model/verify/tree-of-list.ts";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import { checkTree } from "./check-tree.ts";
import { describeObject } from "./describe-object.ts";
import { toCanonical, type VerifySettings } from "./settings.ts";

export interface ObjectCheck {
  readonly findings: readonly Finding[];
  /** See `GoodFiles`. */
  readonly good: readonly number[];
}

const NOTHING: ObjectCheck = { findings: [], good: [] };

/**
 * Checks an object that has a manifest: manifest, file list, tree. A collection takes the manifest away first: what has
 * none is no object any more, also when it went while it was looked at.
 */
export function checkObject(settings: VerifySettings, object: BaseName): ObjectCheck {
  const path = `${settings.manifests}/${object}.json`;
  const text = textOrDamage(path);
  if (text === undefined && !settings.orphans?.includes(object)) return NOTHING;
  const check = checkWith(text, settings, object);
  return check.findings.length > 0 && text !== undefined && !existsSync(path) ? NOTHING : check;
}

/** What lies in the place of a record and is no file is a damaged one. */
function textOrDamage(path: string): string | StoreError | undefined {
  try {
    return readTextIfPresent(path);
  } catch (error) {
    if (error instanceof StoreError && error.code === "DAMAGED") return error;
    throw error;
  }
}

function checkWith(text: string | StoreError | undefined, settings: VerifySettings, object: BaseName): ObjectCheck {
  const findings: Finding[] = [];
  const add = (finding: Omit<Finding, "subject" | "object">) =>
    findings.push({
      ...finding,
      subject: finding.path === undefined ? object : `${object}/${toEscaped(finding.path)}`,
      object,
    });
  const manifest =
    text === undefined ? undefined : readable(text, object, (reason) => add({ kind: "damaged-manifest", reason }));
  const entries = readEntries(settings, object, manifest);
  const treeId = manifest?.treeId ?? (typeof entries === "string" ? undefined : treeIdIfNamed(object, entries));
  const good: number[] = [];
  const directory = `${settings.storeDir}/${object}`;
  const status = lstatSync(directory, { throwIfNoEntry: false });
  if (!status?.isDirectory())
    add({ kind: "missing-object", reason: status ? "is no directory" : "has a manifest and is not there" });
  else if (typeof entries === "string") {
    const broken = treeFault(settings, { object, directory, treeId });
    add(broken ?? { kind: "damaged-list", reason: entries });
  } else {
    const canonicalise = toCanonical(settings, object);
    const check = checkTree(settings, { directory: fromText(directory), entries, canonicalise, isLocal: true });
    for (const fault of check.faults) add(fault);
    if (check.hasWrongLocalIds) add({ kind: "damaged-list", reason: "has a file list with wrong local ids" });
    for (const number of check.good) good.push(number);
  }
  if (manifest) for (const finding of manifestFaults(settings, manifest, entries)) add(finding);
  return { findings, good };
}

function readable(text: string | StoreError, object: BaseName, tell: (reason: string) => void): Manifest | undefined {
  try {
    if (text instanceof StoreError) throw text;
    const manifest = parseManifest(text, "the manifest");
    const fault = nameFault(manifest, object);
    if (fault === undefined) return manifest;
    tell(fault);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "DAMAGED") throw error;
    tell(`has a damaged manifest${error.message.slice(error.message.indexOf(":"))}`);
  }
  return undefined;
}

function nameFault(manifest: Manifest, object: BaseName): string | undefined {
  const { path, name, version, addressing, treeId } = manifest;
  if (path !== object) return `has the manifest of ${path}`;
  if (object.slice(33) !== `${name}-${version}`) return "has a manifest with another name and version";
  if (addressing === "content" && digestOf(treeId) !== digestInBaseName(object))
    return "has a manifest with a tree id that does not give its name";
  return undefined;
}

/** Whether the file list that lies beside an object is the one that its name tells of. */
export function hasNamedList(settings: VerifySettings, object: BaseName): boolean {
  return typeof readEntries(settings, object, undefined) !== "string";
}

/** The entries of the file list, or what is wrong with it. */
function readEntries(
  settings: VerifySettings,
  object: BaseName,
  manifest: Manifest | undefined,
): readonly FileListEntry[] | string {
  const text = textOrDamage(`${settings.manifests}/${object}.files`);
  if (text === undefined) return "has no file list";
  const entries = typeof text === "string" ? parseFileList(text) : undefined;
  if (!entries || printFileList(entries) !== text) return "has a damaged file list";
  const isRight = manifest ? treeIdOfList(entries) === manifest.treeId : treeIdIfNamed(object, entries) !== undefined;
  return isRight ? entries : "has the file list of another tree";
}

function treeIdIfNamed(object: BaseName, entries: readonly FileListEntry[]): TreeId | undefined {
  const treeId = treeIdOfList(entries);
  return digestOf(treeId) === digestInBaseName(object) ? treeId : undefined;
}

/** Without a list, the tree itself tells: a finding when it is another one, or when nobody knows what it must be. */
function treeFault(
  settings: VerifySettings,
  at: { readonly object: BaseName; readonly directory: string; readonly treeId: TreeId | undefined },
): Omit<Finding, "subject" | "object"> | undefined {
  const { object, directory, treeId } = at;
  try {
    const found = describeObject(settings, object, directory).treeId;
    if (treeId === undefined ? digestOf(found) === digestInBaseName(object) : found === treeId) return undefined;
    return {
      kind: "changed-file",
      path: fromText(""),
      reason: "is another tree than its name says, and its file list is damaged",
    };
  } catch (error) {
    const reason = `cannot be read, and its file list is damaged: ${error instanceof Error ? error.message : error}`;
    return { kind: "unreadable-file", path: fromText(""), reason };
  }
}

function manifestFaults(
  settings: VerifySettings,
  manifest: Manifest,
  entries: readonly FileListEntry[] | string,
): Omit<Finding, "subject" | "object">[] {
  const faults: Omit<Finding, "subject" | "object">[] = [];
  if (typeof entries !== "string") {
    const leaves = entries.filter(({ mode }) => mode !== "40000");
    const size = leaves.reduce((sum, entry) => sum + (entry.mode === "120000" ? 0 : entry.size), 0);
    if (size !== manifest.size || leaves.length !== manifest.files)
      faults.push({ kind: "damaged-manifest", reason: "has a manifest with wrong counts of files and bytes" });
    if (!manifest.localised && entries.some(({ localId }) => localId !== undefined))
      faults.push({ kind: "damaged-manifest", reason: "has a manifest that does not tell that it names the store" });
  }
  for (const reference of manifest.references) {
    if (!existsSync(`${settings.manifests}/${reference}.json`))
      faults.push({ kind: "missing-reference", reference, reason: `needs ${reference}, which is not in the store` });
  }
  return faults;
}
