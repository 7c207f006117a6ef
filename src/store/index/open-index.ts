import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import type { BaseName } from "../../model/ids.ts";
import { buildObjectGraph, type ObjectGraph } from "../../model/object-graph.ts";
import { changeGraph, type GraphObject, packGraph, unpackGraph } from "../../model/packed-graph.ts";
import { networkFilesystem } from "../../system/filesystem-kind.ts";
import { acquireLock } from "../../system/lock.ts";
import { lockPath, manifestPath } from "../layout.ts";
import { listManifests } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { type IndexEntry, type OtherFiles, readIndexEntry, type StoreIndex } from "./index-entry.ts";
import { openMemoryIndex } from "./memory-index.ts";
import { createLockFile, reserveSpace } from "./reserve.ts";
import { dataFile, discardIndex, type IndexDirectory, isSealed, writeSeal } from "./seal.ts";

/**
 * Opens the index and brings it up to date with the manifests, which are the truth. An index that is missing, damaged,
 * of another store or unreadable for LMDB is built anew; where that cannot be written, the answer comes from memory.
 */
export async function openIndex(store: Store): Promise<StoreIndex> {
  try {
    return await openDatabase(store);
  } catch {
    return openMemoryIndex(store);
  }
}

/** Where the index lies: in the store, or, when that is on a network filesystem, in the user's local cache. */
export function indexDirectory(store: Store): { readonly path: string; readonly network: string | undefined } {
  const network = networkFilesystem(store.layout.root);
  if (network === undefined) return { path: store.layout.index, network };
  const { XDG_CACHE_HOME, HOME } = store.context.env;
  return {
    path: join(XDG_CACHE_HOME ?? join(HOME ?? store.layout.root, ".cache"), "store-index", store.file.id),
    network,
  };
}

interface Tables {
  readonly root: RootDatabase;
  readonly objects: Database<IndexEntry, string>;
  readonly referrers: Database<string, string>;
  /** What the file of each manifest looked like when it was read, also of those that are damaged. */
  readonly stamps: Database<string, string>;
  readonly state: Database<string, string>;
  /** What a collection asks for, each in one piece: the graph, and what else lies among the manifests. */
  readonly summary: Database<Buffer, string>;
}

async function openDatabase(store: Store): Promise<StoreIndex> {
  const index: IndexDirectory = { directory: indexDirectory(store).path, storeId: store.file.id };
  mkdirSync(index.directory, { recursive: true });
  const { command, now } = store.context;
  using _lock = await acquireLock(lockPath(store.layout, "index"), { command: command.join(" "), now, wait: true });
  if (!isSealed(index)) startAnew(index);
  createLockFile(index);
  const tables = await openTables(index);
  try {
    if (synchronise(store, index, tables)) writeSeal(index);
    return answersFrom(tables);
  } catch (error) {
    await tables.root.close();
    throw error;
  }
}

/** An empty database is small, but it must not begin on a full disk. */
function startAnew(index: IndexDirectory): void {
  discardIndex(index);
  reserveSpace(index, 0);
}

/** What LMDB has written need not outlive a power failure: the seal tells whether it did. */
async function openTables(index: IndexDirectory): Promise<Tables> {
  const root = open({ path: dataFile(index), noSubdir: true, maxDbs: 5, noSync: true });
  try {
    return {
      root,
      objects: root.openDB({ name: "objects" }),
      referrers: root.openDB({ name: "referrers", dupSort: true, encoding: "ordered-binary" }),
      stamps: root.openDB({ name: "stamps", encoding: "string" }),
      state: root.openDB({ name: "state", encoding: "string" }),
      summary: root.openDB({ name: "summary", encoding: "binary" }),
    };
  } catch (error) {
    await root.close();
    throw error;
  }
}

/** Brings the tables up to date; whether anything had to be written. */
function synchronise(store: Store, index: IndexDirectory, tables: Tables): boolean {
  const stamp = manifestsStamp(store);
  if (tables.state.get("manifests") === stamp.text) return false;
  const { objects, strays } = listManifests(store);
  const present = new Map(objects.map((object) => [object, manifestStamp(store, object)]));
  const known = new Map([...tables.stamps.getRange()].map(({ key, value }) => [key as BaseName, value]));
  const gone = [...known.keys()].filter((object) => present.get(object)?.text !== known.get(object));
  const come = [...present].filter(([object, seen]) => known.get(object) !== seen?.text);
  reserveSpace(
    index,
    come.reduce((sum, [, seen]) => sum + 3 * (seen?.size ?? 0) + 1024, 0),
  );
  tables.root.transactionSync(() => {
    for (const object of gone) forget(tables, object);
    const learnt = come.flatMap(([object, seen]) => learn(store, tables, { object, seen }) ?? []);
    summarise(tables, { gone: new Set(gone), come: learnt, objects, strays });
    tables.state.put("manifests", stamp.settled ? stamp.text : "");
  });
  return true;
}

function summarise(
  tables: Tables,
  change: {
    readonly gone: ReadonlySet<BaseName>;
    readonly come: readonly GraphObject[];
    readonly objects: readonly BaseName[];
    readonly strays: readonly string[];
  },
): void {
  const before = graphIn(tables);
  const isSame = change.gone.size === 0 && change.come.length === 0;
  const graph = isSame ? before : buildObjectGraph(changeGraph(before, change));
  const damaged = change.objects.filter((object) => (graph.numbers.get(object) ?? graph.known) >= graph.known);
  if (!isSame || graph.known === 0) tables.summary.put("graph", packGraph(graph));
  tables.summary.put("others", Buffer.from(JSON.stringify({ damaged, strays: change.strays } satisfies OtherFiles)));
}

function graphIn(tables: Tables): ObjectGraph {
  const packed = tables.summary.getBinary("graph");
  return packed ? unpackGraph(packed) : buildObjectGraph([]);
}

function learn(
  store: Store,
  tables: Tables,
  { object, seen }: { readonly object: BaseName; readonly seen: ManifestStamp | undefined },
): GraphObject | undefined {
  if (seen === undefined) return undefined;
  tables.stamps.put(object, seen.text);
  const entry = readIndexEntry(store, object);
  if (!entry) return undefined;
  tables.objects.put(object, entry);
  for (const reference of entry.references) tables.referrers.put(reference, object);
  return { path: object, references: entry.references };
}

function forget(tables: Tables, object: BaseName): void {
  for (const reference of tables.objects.get(object)?.references ?? []) tables.referrers.remove(reference, object);
  tables.objects.remove(object);
  tables.stamps.remove(object);
}

/** What a manifest's file looks like: an object that was deleted and added again can have other references. */
interface ManifestStamp {
  readonly text: string;
  /** Bytes. */
  readonly size: number;
}

function manifestStamp(store: Store, object: BaseName): ManifestStamp | undefined {
  const status = statSync(manifestPath(store.layout, object), { throwIfNoEntry: false });
  return status && { text: `${status.ino} ${status.size} ${status.mtimeMs}`, size: status.size };
}

/** Milliseconds within which two changes of a directory can carry the same time. */
const TIME_STEP_MS = 50;

/** The state of the manifests' directory; not settled while a further change could leave it looking the same. */
function manifestsStamp(store: Store): { readonly text: string; readonly settled: boolean } {
  const { mtimeNs, ino } = statSync(store.layout.manifests, { bigint: true });
  return { text: `${ino} ${mtimeNs}`, settled: Date.now() - Number(mtimeNs / 1_000_000n) > TIME_STEP_MS };
}

function answersFrom(tables: Tables): StoreIndex {
  return {
    get: (object) => tables.objects.get(object),
    names: () => tables.objects.getKeys() as Iterable<BaseName>,
    graph: () => graphIn(tables),
    others: () => JSON.parse(tables.summary.getBinary("others")?.toString() ?? "") as OtherFiles,
    referrers: (object) => [...tables.referrers.getValues(object)] as BaseName[],
    [Symbol.asyncDispose]: () => tables.root.close(),
  };
}
