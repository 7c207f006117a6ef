import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import type { NewRecord } from "../model/chain.ts";
import { failureText } from "../model/explain-failure.ts";
import { damagedRecord, isJsonObject, parseJsonObject, readRecord } from "../model/json-object.ts";
import { readTextIfPresent, writeFileAtomic } from "../system/atomic-file.ts";
import { acquireLock } from "../system/lock.ts";
import { removeFile } from "../system/remove-file.ts";
import { removeTree } from "../system/remove-tree.ts";
import type { StoreContext } from "./context.ts";
import { type Layout, lockPath } from "./layout.ts";
import { appendRecords } from "./log/append.ts";
import { openLog } from "./log/transaction-log.ts";
import type { Formats, Migration } from "./migrations.ts";
import { readStoreFile, type StoreFile, writeStoreFile } from "./store-file.ts";

/**
 * Brings a store up to the newest format, one format at a time, each as one transaction: the records that change are
 * saved beside, replaced, and then `store.json` gets the new format, which decides. What fails or is killed before is
 * put back as it was; the log tells of both.
 * @throws StoreError UNSUPPORTED for a format that nothing leads on from, FAILED
 */
export async function migrateStore(layout: Layout, formats: Formats, context: StoreContext): Promise<StoreFile> {
  const work: Work = { layout, formats, context };
  using _lock = await acquireLock(lockPath(layout, "migration"), { ...lockOptions(context), wait: context.wait });
  // Who adds objects or writes the log meanwhile would write in the old format.
  using _objects = await acquireLock(lockPath(layout, "objects"), { ...lockOptions(context), wait: true });
  await settle(work);
  for (;;) {
    const file = formatOf(work);
    if (file.format >= formats.newest) return file;
    await migrate(work, file);
  }
}

/** Whether a migration was begun and not ended. */
function isMigrating(layout: Layout): boolean {
  return existsSync(layout.migration);
}

interface Work {
  readonly layout: Layout;
  readonly formats: Formats;
  readonly context: StoreContext;
}

/** What is about to be replaced. The saved content of the n-th file is `<n>`; a file without one was not there. */
interface Plan {
  readonly from: number;
  readonly to: number;
  readonly files: readonly { readonly path: string; readonly wasThere: boolean }[];
}

async function migrate(work: Work, file: StoreFile): Promise<void> {
  const migration = work.formats.migrations.find(({ from }) => from === file.format);
  if (!migration) throw noWay(work, file);
  try {
    const changes = [...migration.changes(work.layout)];
    const plan = save(work, migration, changes);
    const scratch = work.layout.migration;
    for (const { path, content } of changes) writeFileAtomic(join(work.layout.root, path), content, { scratch });
    writeStoreFile(work.layout.storeFile, { ...file, format: plan.to }, { scratch });
  } catch (error) {
    if (formatOf(work).format === file.format) throw await giveUp(work, file, error);
  }
  await settle(work);
}

function save({ layout }: Work, { from }: Migration, changes: readonly { readonly path: string }[]): Plan {
  mkdirSync(layout.migration, { recursive: true, mode: 0o700 });
  const files = changes.map(({ path }, number) => {
    const content = readTextIfPresent(join(layout.root, path));
    if (content !== undefined) writeFileAtomic(join(layout.migration, String(number)), content);
    return { path, wasThere: content !== undefined };
  });
  const plan = { format: 1, from, to: from + 1, files };
  // From here on it is known what to put back.
  writeFileAtomic(join(layout.migration, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
  return plan;
}

/** Ends what was begun: completed where `store.json` has the new format, otherwise taken back. */
async function settle(work: Work): Promise<void> {
  const { layout } = work;
  if (!isMigrating(layout)) return;
  const plan = readPlan(layout);
  if (plan && formatOf(work).format >= plan.to) {
    const { from, to } = plan;
    await log(work, [{ tx: "new", event: { type: "migrate", from, to } }]);
  } else if (plan) putBack(layout, plan);
  removeTree(layout.migration);
}

/** Doing it twice does no harm: what was saved stays until all of it is back. */
function putBack(layout: Layout, { files }: Plan): void {
  for (const [number, { path, wasThere }] of files.entries()) {
    const target = join(layout.root, path);
    const saved = join(layout.migration, String(number));
    if (wasThere) writeFileAtomic(target, readFileSync(saved), { scratch: layout.migration });
    else removeFile(target);
  }
}

async function giveUp(work: Work, { format }: StoreFile, cause: unknown): Promise<StoreError> {
  await settle(work);
  const message = failureText(cause, work.layout.root);
  const { command, user } = work.context;
  const plan = { migrate: { from: format, to: format + 1 } };
  await log(work, [
    { tx: "new", event: { type: "begin", command, user, plan } },
    { tx: "new", event: { type: "abort", reason: { code: "FAILED", message } } },
  ]);
  return new StoreError("FAILED", `the store could not be brought from format ${format} to ${format + 1}: ${message}`, {
    hint: "Nothing was changed: the version of store that wrote it works as before. Mend what is wrong, then try again.",
    details: { format },
    cause,
  });
}

async function log({ layout, context }: Work, drafts: readonly NewRecord[]): Promise<void> {
  const { command, now, timeZone } = context;
  const settings = { lockFile: lockPath(layout, "log"), command: command.join(" "), now, zone: timeZone };
  await appendRecords(openLog(layout.log, settings), drafts, { durable: true });
}

/** What a plan puts back or removes lies in the store. */
function isBelow(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
}

function readPlan(layout: Layout): Plan | undefined {
  const path = join(layout.migration, "plan.json");
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
  const record = readRecord(parseJsonObject(text, path), path, 1);
  return { from: record.count("from"), to: record.count("to"), files: record.list("files").map(readPlanned) };

  function readPlanned(item: unknown): Plan["files"][number] {
    if (!isJsonObject(item) || typeof item.path !== "string" || !isBelow(item.path))
      throw damagedRecord(path, "files are not as expected");
    return { path: item.path, wasThere: item.wasThere === true };
  }
}

function formatOf({ layout, formats }: Work): StoreFile {
  const file = readStoreFile(layout.storeFile, formats.newest);
  if (file) return file;
  throw new StoreError("DAMAGED", `${layout.storeFile} is gone`, { hint: "Restore it from a backup." });
}

function lockOptions({ command, now }: StoreContext) {
  return { command: command.join(" "), now };
}

function noWay({ layout, formats }: Work, { format }: StoreFile): StoreError {
  return new StoreError(
    "UNSUPPORTED",
    `the store at ${layout.root} has format ${format}, which this program cannot bring up to ${formats.newest}`,
    {
      hint: "Open it once with a version of store in between.",
      details: { root: layout.root, format, supported: formats.newest },
    },
  );
}
