import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type ByteString, parseEscaped, toBytes, toEscaped } from "../src/model/byte-string.ts";
import { type FileListEntry, parseFileList, printFileList } from "../src/model/file-list.ts";
import { hashBlob } from "../src/model/git-object.ts";
import { type BaseName, digestOf, isBaseName, type TreeId } from "../src/model/ids.ts";
import { parseManifest, printManifest } from "../src/model/manifest.ts";
import { canonicalising, localising, replaceInPlace } from "../src/model/rewrite.ts";
import { fileListPath, layoutOf, type Width } from "../src/store/layout.ts";
import { readStoreFile, writeStoreFile } from "../src/store/store-file.ts";
import { naiveTreeId } from "./helpers/naive-tree-id.ts";
import { addTree, DIRECTORY, type Entry, makeWorld } from "./helpers/worlds.ts";

const PAGE = readFileSync(new URL("../store-layout.md", import.meta.url), "utf8");

/** The contents of the blocks whose fence says this. */
function blocks(kind: string): string[] {
  const found = [...PAGE.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, info]) => info === kind);
  if (found.length === 0) throw new Error(`store-layout.md has no block '${kind}'`);
  return found.map(([, , content]) => content as string);
}

/** The lines of the one block whose fence says this. */
function vectors(kind: string): string[] {
  return blocks(`vectors ${kind}`).flatMap((content) => content.trimEnd().split("\n"));
}

function inPlace(text: string, list: Parameters<typeof replaceInPlace>[1]): string {
  const bytes = Buffer.from(text, "utf8");
  replaceInPlace(bytes, list);
  return bytes.toString("utf8");
}

interface TreeVector {
  readonly tree: ReadonlyMap<ByteString, Entry>;
  readonly treeId: string;
  readonly digest: string;
}

function parseTree(content: string): TreeVector {
  const lines = content.trimEnd().split("\n");
  const [, treeId = "", digest = ""] = lines.pop()?.split(" ") ?? [];
  const tree = lines.map((line): [ByteString, Entry] => {
    const [, mode, path = "", text = ""] = /^(\S+) (\S+) (".*")$/.exec(line) ?? [];
    return [parseEscaped(path) as ByteString, entryOf(mode, JSON.parse(text))];
  });
  return { tree: new Map(tree), treeId, digest };
}

function entryOf(mode: string | undefined, text: string): Entry {
  if (mode === "100644") return text;
  if (mode === "100755") return { exec: text };
  if (mode === "120000") return { link: text };
  return DIRECTORY;
}

describe("store-layout.md", () => {
  it.each(vectors("store-dir"))("pads the storeDir: %s", (line) => {
    const [width, root = "", storeDir] = line.split(" ");
    expect(layoutOf(root, Number(width) as Width).storeDir).toBe(storeDir);
  });

  it.each(vectors("blob"))("hashes a blob: %s", (line) => {
    const [, text = "", id] = /^(".*") (\S+)$/.exec(line) ?? [];
    expect(hashBlob(Buffer.from(JSON.parse(text)))).toBe(id);
  });

  it.each([...blocks("vectors tree"), ...blocks("vectors object")])("hashes a tree: %s", async (content) => {
    const world = makeWorld({ memory: true });
    const { tree, treeId, digest } = parseTree(content);
    expect(digestOf(treeId as TreeId)).toBe(digest);
    const source = join(world.directory, "tree");
    world.tree(tree, source);
    expect(naiveTreeId(source)).toBe(treeId);
    const { manifest } = await addTree(await world.store(), source, { name: "hello" });
    expect(manifest.path).toBe(`${digest}-hello-1.0`);
  });

  it.each(vectors("base-name"))("tells base names from others: %s", (line) => {
    const [answer, text = ""] = line.split(" ");
    expect(isBaseName(text)).toBe(answer === "yes");
  });

  it.each(vectors("form"))("brings content into both forms: %s", (line) => {
    const [, storeDir = "", baseName = "", before = "", after = ""] = /^(\S+) (\S+) (".*") (".*")$/.exec(line) ?? [];
    const forms = { canonicalStoreDir: layoutOf("/store", 48).storeDir, localStoreDir: storeDir };
    const [canonical, local] = [JSON.parse(before), JSON.parse(after)];
    expect(inPlace(canonical, localising(forms, baseName as BaseName))).toBe(local);
    expect(inPlace(local, canonicalising(forms, baseName as BaseName))).toBe(canonical);
  });

  it.each(vectors("escape"))("escapes a byte string: %s", (line) => {
    const [, hex = "", text = ""] = /^(\S+) (.*)$/.exec(line) ?? [];
    expect(toEscaped(Buffer.from(hex, "hex").toString("latin1") as ByteString)).toBe(text);
    expect(toBytes(parseEscaped(text) as ByteString).toString("hex")).toBe(hex);
  });

  it("shows the file list of its example", async () => {
    const [listed = ""] = blocks("vectors files");
    const [example = ""] = blocks("vectors object");
    const store = await makeWorld({ memory: true }).store();
    const { tree, digest } = parseTree(example);
    const { manifest } = await addTree(store, tree, { name: "hello" });
    const ours = parseFileList(readFileSync(fileListPath(store.layout, manifest.path), "utf8")) as FileListEntry[];
    const shown = parseFileList(listed) as FileListEntry[];
    expect(printFileList(shown)).toBe(listed);
    const withoutLocal = (entries: FileListEntry[]) => entries.map(({ localId: _, ...entry }) => entry);
    expect(withoutLocal(ours)).toEqual(withoutLocal(shown));
    const { storeDir, canonicalStoreDir } = layoutOf("/home/user/.local/share/store", 48);
    const forms = { canonicalStoreDir, localStoreDir: storeDir };
    const script = (tree.get("bin/hello" as ByteString) as { exec: string }).exec;
    const local = inPlace(script, localising(forms, `${digest}-hello-1.0` as BaseName));
    expect(shown.map(({ localId }) => localId)).toEqual([hashBlob(Buffer.from(local)), ...Array(5).fill(undefined)]);
  });

  it("shows the manifest of its example", async () => {
    const [shown = ""] = blocks("json manifest");
    expect(printManifest(parseManifest(shown, "store-layout.md"))).toBe(shown);
    const { tree } = parseTree(blocks("vectors object")[0] as string);
    const { manifest } = await addTree(await makeWorld({ memory: true }).store(), tree, { name: "hello" });
    const created = "2026-01-02T03:04:05.000Z";
    expect(printManifest({ ...manifest, created })).toBe(shown);
  });

  it("shows a store.json", () => {
    const [shown = ""] = blocks("json store.json");
    const path = join(makeWorld({ memory: true }).directory, "store.json");
    writeFileSync(path, shown);
    const file = readStoreFile(path);
    expect(file?.storeDir).toBe(layoutOf("/home/user/.local/share/store", 48).storeDir);
    if (file) writeStoreFile(path, file);
    expect(readFileSync(path, "utf8")).toBe(shown);
  });
});

describe("the invariants of store-layout.md", () => {
  it("are each cited by a test that tries to break it", () => {
    const numbers = [...invariants().matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const cited = new Set(testFiles().flatMap((file) => citedIn(readFileSync(file, "utf8"))));
    expect(numbers.filter((number) => !cited.has(number))).toEqual([]);
    expect([...cited].filter((number) => !numbers.includes(number))).toEqual([]);
  });
});

function invariants(): string {
  return PAGE.slice(PAGE.indexOf("\n## Invariants\n"));
}

function testFiles(): string[] {
  const directory = fileURLToPath(new URL(".", import.meta.url));
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => join(directory, name));
}

/** What stands in the names of tests as `(invariant 4)`, `(invariants 1, 7 and 13)` or `(invariants 2 to 6)`. */
function citedIn(text: string): number[] {
  return [...text.matchAll(/\(invariants? ([\d, and to]+)\)/g)].flatMap(([, list = ""]) =>
    [...list.matchAll(/(\d+)(?: to (\d+))?/g)].flatMap(([, first, last = first]) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
    ),
  );
}
