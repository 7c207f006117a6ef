import { statSync } from "node:fs";
import { type Database, open, type RootDatabase } from "lmdb";
import type { BaseName } from "../../model/ids.ts";
import type { ObjectGraph } from "../../model/object-graph.ts";
import { changeGraph, EMPTY_GRAPH, type GraphObject, packGraph, unpackGraph } from "../../model/packed-graph.ts";
import { acquireLock } from "../../system/lock.ts";
import { lockPath, manifestPath } from "../layout.ts";
import { listManifests } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { type IndexEntry, type OtherFiles, readIndexEntry, type StoreIndex } from "./index-entry.ts";
import { makeIndexDirectory } from "./index-place.ts";
import { forgetChanges, manifestsState, objectsChanged } from "./manifest-changes.ts";
import { openMemoryIndex } from "./memory-index.ts";
import { createLockFile, reserveFiles, reserveSpace } from "./reserve.ts";
import { dataFile, discardIndex, type IndexDirectory, isSealed, writeSeal } from "./seal.ts";

/**
 * Opens the index and brings it up to date with the manifests, which are the truth. An index that is missing, damaged,
 * of another store or unreadable for LMDB is built anew; where that cannot be written, or has no local place, the answer
 * comes from memory.
 */
export async function openIndex(store: Store): Promise<StoreIndex> {
  try {
    const directory = makeIndexDirectory(store);
    if (directory !== undefined) return await openDatabase(store, { directory, storeId: store.file.id });
  } catch {
    // Nothing depends on its being kept.
  }
  return openMemoryIndex(store);
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

async function openDatabase(store: Store, index: IndexDirectory): Promise<StoreIndex> {
  const { command, now } = store.context;
  using _lock = await acquireLock(lockPath(store.layout, "index"), { command: command.join(" "), now, wait: true });
  if (!isSealed(index)) startAnew(index);
  createLockFile(index);
  reserveFiles(index);
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
  const state = manifestsState(store.layout);
  const before = tables.state.get("manifests");
  if (before === state.text) return false;
  const told = before ? objectsChanged(store.layout, before, state.text) : undefined;
  const change = told ? changeOf(store, tables, told) : wholeChange(store, tables);
  reserveSpace(index, 3 * change.come.reduce((sum, { size }) => sum + Math.min(size, LARGEST) + 512, 0));
  tables.root.transactionSync(() => {
    for (const object of change.gone) forget(tables, object);
    const learnt = change.come.flatMap((seen) => learn(store, tables, seen) ?? []);
    summarise(tables, { ...change, learnt });
    tables.state.put("manifests", state.settled ? state.text : "");
  });
  forgetChanges(store.layout);
  return true;
}

/** No manifest that tells of 300,000 references is larger. What is damaged can be, and the tables learn nothing of it. */
const LARGEST = 16 << 20;

/** What the tables must learn, and what they must forget before. */
interface IndexChange {
  readonly gone: ReadonlySet<BaseName>;
  readonly come: readonly SeenManifest[];
  readonly strays: readonly string[];
}

/** Looks at every manifest. */
function wholeChange(store: Store, tables: Tables): IndexChange {
  const { objects, strays } = listManifests(store);
  const gone = new Set<BaseName>();
  const come: SeenManifest[] = [];
  const known = tables.stamps.getRange()[Symbol.iterator]();
  let next = known.next();
  for (const object of objects.sort()) {
    for (; !next.done && next.value.key < object; next = known.next()) gone.add(next.value.key as BaseName);
    const isKnown = !next.done && next.value.key === object;
    const seen = seeManifest(store, object);
    if (!isKnown || seen?.stamp !== next.value.value) {
      if (isKnown) gone.add(object);
      if (seen) come.push(seen);
    }
    if (isKnown) next = known.next();
  }
  for (; !next.done; next = known.next()) gone.add(next.value.key as BaseName);
  return { gone, come, strays };
}

/** Looks at those that may be others than they were. */
function changeOf(store: Store, tables: Tables, objects: ReadonlySet<BaseName>): IndexChange {
  const gone = new Set<BaseName>();
  const come: SeenManifest[] = [];
  for (const object of objects) {
    const [known, seen] = [tables.stamps.get(object), seeManifest(store, object)];
    if (known === seen?.stamp) continue;
    if (known !== undefined) gone.add(object);
    if (seen) come.push(seen);
  }
  return { gone, come, strays: othersIn(tables).strays };
}

function summarise(
  tables: Tables,
  { gone, come, strays, learnt }: IndexChange & { readonly learnt: readonly GraphObject[] },
): void {
  if (gone.size > 0 || come.length > 0 || !tables.summary.doesExist("graph")) {
    tables.summary.put("graph", packGraph(changeGraph(graphIn(tables), { gone, come: learnt })));
  }
  const whole = new Set(learnt.map(({ path }) => path));
  const damaged = [
    ...othersIn(tables).damaged.filter((object) => !gone.has(object)),
    ...come.map(({ object }) => object).filter((object) => !whole.has(object)),
  ];
  tables.summary.put("others", Buffer.from(JSON.stringify({ damaged, strays } satisfies OtherFiles)));
}

function graphIn(tables: Tables): ObjectGraph {
  const packed = tables.summary.getBinary("graph");
  return packed ? unpackGraph(packed) : EMPTY_GRAPH;
}

function othersIn(tables: Tables): OtherFiles {
  const text = tables.summary.getBinary("others")?.toString();
  return text ? (JSON.parse(text) as OtherFiles) : { damaged: [], strays: [] };
}

function learn(store: Store, tables: Tables, { object, stamp }: SeenManifest): GraphObject | undefined {
  tables.stamps.put(object, stamp);
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
interface SeenManifest {
  readonly object: BaseName;
  readonly stamp: string;
  /** Bytes. */
  readonly size: number;
}

function seeManifest(store: Store, object: BaseName): SeenManifest | undefined {
  const status = statSync(manifestPath(store.layout, object), { throwIfNoEntry: false });
  return status && { object, stamp: `${status.ino} ${status.size} ${status.mtimeMs}`, size: status.size };
}

function answersFrom(tables: Tables): StoreIndex {
  return {
    get: (object) => tables.objects.get(object),
    names: () => tables.objects.getKeys() as Iterable<BaseName>,
    graph: () => graphIn(tables),
    others: () => othersIn(tables),
    referrers: (object) => [...tables.referrers.getValues(object)] as BaseName[],
    [Symbol.asyncDispose]: () => tables.root.close(),
  };
}
