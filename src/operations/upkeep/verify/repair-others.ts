import { chmodSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type ByteString, fromText, parseEscaped } from "../../../model/byte-string.ts";
import type { Finding } from "../../../model/verify/finding.ts";
import { indexPlace } from "../../../store/index/index-place.ts";
import { discardIndex } from "../../../store/index/seal.ts";
import { openJournal } from "../../../store/journal.ts";
import { lockPath } from "../../../store/layout.ts";
import { appendRecords } from "../../../store/log/append.ts";
import { rebuildLog } from "../../../store/log/rebuild.ts";
import { repairLog } from "../../../store/log/repair.ts";
import { otherKinds } from "../../../store/log/segments.ts";
import { verifyLog } from "../../../store/log/verify.ts";
import { misledRoot, readNamedRoot, writeNamedRoot } from "../../../store/named-roots.ts";
import type { Store } from "../../../store/open-store.ts";
import { listProfiles } from "../../../store/profiles.ts";
import { newestTransaction, recordedGenerations } from "../../../store/recorded-generations.ts";
import { clearForFile, moveAside } from "../../../store/repair/aside.ts";
import { acquireLock } from "../../../system/lock.ts";
import { randomName } from "../../../system/random-name.ts";
import { removeFile } from "../../../system/remove-file.ts";
import { removeTree } from "../../../system/remove-tree.ts";
import { attempt, type RepairContext } from "./repair-context.ts";

/**
 * Repairs the log: every valid record stays, and what is none is kept beside it. What is lost altogether, or at the end,
 * is written anew from the generations.
 */
export async function repairJournal(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  const own = findings.filter(({ kind }) => kind === "log");
  if (own.length === 0) return;
  await attempt(context, own, async () => {
    const mended = await mendLog(context.store);
    if (!mended) return;
    for (const finding of own) context.report.done(finding, howMended(mended));
  });
}

interface MendedLog {
  /** Where what is no file was taken. */
  readonly moved: readonly string[];
  /** The files in the log's directory that keep what was taken out of others. */
  readonly files: readonly string[];
  /** How many records were written for those that were lost. */
  readonly anew: number;
}

function howMended({ moved, files, anew }: MendedLog): string {
  const how = [
    ...moved.map((place) => `moved to ${place}`),
    ...(files.length > 0 ? [`damaged lines are kept in ${files.map((file) => `log/${file}`).join(", ")}`] : []),
    ...(anew > 0 ? ["written anew from the generations"] : []),
  ];
  return how.length > 0 ? how.join("; ") : "the log goes on without what was lost";
}

/** `undefined` when something is still wrong. */
async function mendLog(store: Store): Promise<MendedLog | undefined> {
  const log = openJournal(store);
  const moved = otherKinds(log).flatMap(({ path }) => clearForFile(store, path) ?? []);
  if (verifyLog(log).records === 0) {
    const records = await rebuildLog(log, recordedGenerations(store), profilesAsTheyAre(log));
    // Only a log that can be read lets the profiles be told as they are.
    await appendRecords(log, [], { durable: true, withSnapshot: true });
    return { moved, files: records[0]?.members.files as readonly string[], anew: records.length };
  }
  const { files, remaining } = await repairLog(log, profilesAsTheyAre(log));
  const expects = Math.max(0, ...listProfiles(store).map((profile) => newestTransaction(store, profile)));
  const { completed } = await appendRecords(log, [], { durable: true, expects });
  return remaining.length > 0 ? undefined : { moved, files, anew: completed.length };
}

/** What repair can do without; a profile that is damaged itself tells nothing. */
function profilesAsTheyAre(log: ReturnType<typeof openJournal>) {
  try {
    return [...(log.snapshot?.() ?? [])];
  } catch {
    return [];
  }
}

/** What can be made or fetched again when it is needed is taken away; what belongs nowhere is moved aside. */
export async function repairOthers(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  for (const finding of findings) await attempt(context, [finding], () => repairOther(context, finding));
}

async function repairOther(context: RepairContext, finding: Finding): Promise<void> {
  const { store, report } = context;
  const { root, storeDir, builds, trash } = store.layout;
  switch (finding.kind) {
    case "stray":
      return report.done(finding, `moved to ${moveAside(store, placeOf(storeDir, finding))}`);
    case "source": {
      const where = moveAside(store, placeOf(root, finding));
      return report.done(finding, `moved to ${where}; it is fetched again when it is needed`);
    }
    case "pool-stray":
      if (!finding.subject.startsWith("files/")) return;
      return report.done(finding, `moved to ${moveAside(store, placeOf(root, finding))}`);
    case "root": {
      const where = finding.reference && (await context.restore(finding.reference));
      const relinked = relinkRoot(store, finding.subject);
      const how = where ?? relinked;
      return how === undefined ? undefined : report.done(finding, how);
    }
    case "build": {
      const record = join(builds, finding.subject.slice("builds/".length));
      clearForFile(store, record);
      removeFile(record);
      return report.done(finding, "forgotten; it is built again when it is needed");
    }
    case "twin": {
      const twin = join(root, finding.subject.split("/").slice(0, 2).join("/"));
      const discarded = join(trash, randomName());
      chmodSync(twin, 0o755);
      renameSync(twin, discarded);
      removeTree(discarded);
      return report.done(finding, "taken away; it is made again when a build needs it");
    }
    default:
      return;
  }
}

/** Where something lies whose name can be any bytes. */
function placeOf(directory: string, { subject }: Finding): ByteString {
  return `${fromText(directory)}/${parseEscaped(subject) ?? fromText(subject)}` as ByteString;
}

/** Has a named root lead to the object that it names. Of one that names none, nobody else knows which it was. */
function relinkRoot(store: Store, subject: string): string | undefined {
  if (!subject.startsWith(NAMED_ROOTS)) return undefined;
  const name = subject.slice(NAMED_ROOTS.length);
  const root = misledRoot(store, name) === undefined ? undefined : readNamedRoot(store, name);
  if (!root) return undefined;
  writeNamedRoot(store, root);
  return `it leads to ${root.object} again`;
}

const NAMED_ROOTS = "roots/named/";

/** The index is made anew from the manifests. */
export async function repairIndex(context: RepairContext, findings: readonly Finding[]): Promise<void> {
  const own = findings.filter(({ kind }) => kind === "index");
  if (own.length === 0) return;
  const { store, run, report } = context;
  await attempt(context, own, async () => {
    const { command, now } = store.context;
    const options = { command: command.join(" "), now, wait: true, signal: run.signal };
    using _lock = await acquireLock(lockPath(store.layout, "index"), options);
    const directory = indexPlace(store).path;
    if (directory !== undefined) discardIndex({ directory, storeId: store.file.id });
    for (const finding of own) report.done(finding, "made anew from the manifests");
  });
}
