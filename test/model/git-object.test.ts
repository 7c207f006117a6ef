import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteString, toBytes } from "../../src/model/byte-string.ts";
import {
  BLOB_HEADER_ROOM,
  compareEntries,
  EMPTY_TREE_ID,
  type GitTreeEntry,
  hashBlob,
  hashBlobInPlace,
  hashLinkTarget,
  hashTree,
  startBlob,
} from "../../src/model/git-object.ts";
import { anyTree } from "../helpers/any-tree.ts";
import { makeGit } from "../helpers/git.ts";
import { runs } from "../helpers/runs.ts";
import { DIRECTORY, type Entry, entriesOf, makeWorld, type TreeData } from "../helpers/worlds.ts";

/** The id that the model gives to a tree of data. */
function modelTreeId(tree: TreeData): string {
  const entries: GitTreeEntry[] = [];
  const inner = new Map<string, Map<ByteString, Entry>>();
  for (const [path, entry] of entriesOf(tree)) {
    const [name = "", ...rest] = path.split("/");
    if (rest.length === 0 && entry !== DIRECTORY) entries.push(leaf(name as ByteString, entry as Leaf));
    else {
      const children = inner.get(name) ?? new Map<ByteString, Entry>();
      if (rest.length > 0) children.set(rest.join("/") as ByteString, entry);
      inner.set(name, children);
    }
  }
  for (const [name, children] of inner) {
    entries.push({ mode: "40000", name: name as ByteString, id: modelTreeId(children) });
  }
  return hashTree(entries);
}

type Leaf = Exclude<Entry, typeof DIRECTORY>;

function leaf(name: ByteString, entry: Leaf): GitTreeEntry {
  if (typeof entry === "string" || entry instanceof Uint8Array) {
    return { mode: "100644", name, id: hashBlob(Buffer.from(entry)) };
  }
  if ("link" in entry) return { mode: "120000", name, id: hashLinkTarget(entry.link as ByteString) };
  return { mode: "100755", name, id: hashBlob(Buffer.from(entry.exec)) };
}

describe("hashTree", () => {
  it("gives the id that real git gives a random tree", () => {
    const git = makeGit(makeWorld().directory);
    fc.assert(
      fc.property(anyTree, (tree) => {
        expect(modelTreeId(tree)).toBe(git.treeId(tree));
      }),
      { numRuns: runs(8) },
    );
  });

  it("puts a directory where its name with a slash belongs", () => {
    const git = makeGit(makeWorld().directory);
    const tree = { "a/x": "1", "a.b": "2", "a-b": "3", a0: "4", "10": "5", "9": "6", __proto__x: "7" };
    expect(modelTreeId(tree)).toBe(git.treeId(tree));
    const names = ["a", "a.b", "a-b", "a0"].map(
      (name): GitTreeEntry => ({ mode: name === "a" ? "40000" : "100644", name: name as ByteString, id: "" }),
    );
    expect(names.sort(compareEntries).map(({ name }) => name)).toEqual(["a-b", "a.b", "a", "a0"]);
  });

  it("takes entries in any order and tells modes and names apart", () => {
    const entry = (name: string, mode: GitTreeEntry["mode"] = "100644"): GitTreeEntry => ({
      mode,
      name: name as ByteString,
      id: hashBlob(Buffer.from("x")),
    });
    expect(hashTree([entry("b"), entry("a")])).toBe(hashTree([entry("a"), entry("b")]));
    expect(hashTree([entry("a", "100755")])).not.toBe(hashTree([entry("a")]));
    expect(hashTree([entry("a", "120000")])).not.toBe(hashTree([entry("a")]));
    expect(hashTree([entry("\xe9")])).not.toBe(hashTree([entry("\xc3\xa9")]));
  });

  it("knows the empty tree as git does", () => {
    expect(EMPTY_TREE_ID).toBe(makeGit(makeWorld().directory).treeId({}));
  });
});

describe("hashBlob", () => {
  it("gives git's id, whole, in pieces and in place", () => {
    const git = makeGit(makeWorld().directory);
    for (const content of [Buffer.of(), Buffer.from("hello\n"), Buffer.alloc(100_000, "\0\xff", "latin1")]) {
      expect(hashBlob(content)).toBe(git.blobId(content));
      const pieces = startBlob(content.length).update(content.subarray(0, 7)).update(content.subarray(7));
      expect(pieces.digest("hex")).toBe(git.blobId(content));
      const room = Buffer.concat([Buffer.alloc(BLOB_HEADER_ROOM, "?"), content, Buffer.from("behind")]);
      expect(hashBlobInPlace(room, content.length)).toBe(git.blobId(content));
      expect(room.subarray(BLOB_HEADER_ROOM)).toEqual(Buffer.concat([content, Buffer.from("behind")]));
    }
  });

  it("hashes the bytes of a link's target", () => {
    const target = "../\xff\xe9" as ByteString;
    expect(hashLinkTarget(target)).toBe(hashBlob(toBytes(target)));
  });
});
