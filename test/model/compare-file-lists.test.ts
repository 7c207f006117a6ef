import { expect, it } from "vitest";
import type { ByteString } from "../../src/model/byte-string.ts";
import { compareFileLists } from "../../src/model/compare-file-lists.ts";
import type { FileListEntry } from "../../src/model/file-list.ts";

function entry(path: string, id: string, mode = "100644"): FileListEntry {
  return { path: path as ByteString, id, mode, size: 1, localId: undefined } as FileListEntry;
}

it("tells what was added, removed, and changed in content or mode, by path", () => {
  const before = [entry("a", "1"), entry("b", "1"), entry("c", "1"), entry("same", "1")];
  const after = [entry("same", "1"), entry("d", "1"), entry("c", "1", "100755"), entry("b", "2")];
  expect(compareFileLists(before, after)).toEqual([
    { path: "a", what: "removed" },
    { path: "b", what: "changed" },
    { path: "c", what: "changed" },
    { path: "d", what: "added" },
  ]);
  expect(compareFileLists(before, [...before].reverse())).toEqual([]);
});
