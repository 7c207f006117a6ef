import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteString, fromBytes } from "../../src/model/byte-string.ts";
import { type FileListEntry, listedPlaces, parseFileList, printFileList } from "../../src/model/file-list.ts";
import type { BlobId } from "../../src/model/ids.ts";

const anyId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const anyPath = fc.uint8Array({ min: 1, minLength: 1, maxLength: 30 }).map((bytes) => fromBytes(bytes));
const anyEntry: fc.Arbitrary<FileListEntry> = fc.record({
  mode: fc.constantFrom("100644", "100755", "120000", "40000"),
  id: anyId,
  size: fc.nat(1e12),
  localId: fc.option(
    anyId.map((id) => id as BlobId),
    { nil: undefined },
  ),
  path: anyPath,
});

const ID = "0123456789abcdef".repeat(4);

describe("the file list", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(fc.array(anyEntry), (entries) => {
        expect(parseFileList(printFileList(entries))).toEqual(entries);
      }),
      { numRuns: 300 },
    );
  });

  it("tells where its entries lie, and which files of the pool they are", () => {
    fc.assert(
      fc.property(fc.array(anyEntry), (entries) => {
        const places = entries.map(({ mode, id, localId, path }) => {
          const isFile = mode === "100644" || mode === "100755";
          return { path, pooled: isFile ? { id: localId ?? id, executable: mode === "100755" } : undefined };
        });
        expect(listedPlaces(printFileList(entries))).toEqual(places);
      }),
      { numRuns: 100 },
    );
  });

  it("has one line for each entry, whatever its name", () => {
    const entry = { mode: "100755" as const, id: ID, size: 7, localId: undefined, path: "a\n%\xff" as ByteString };
    expect(printFileList([entry])).toBe(`100755 ${ID} 7 -\ta%0A%25%FF\n`);
    expect(printFileList([{ ...entry, localId: ID as BlobId }])).toContain(` 7 ${ID}\t`);
    expect(parseFileList("")).toEqual([]);
  });

  it.each([
    ["no line feed at the end", `100644 ${ID} 1 -\ta`],
    ["no path", `100644 ${ID} 1 -\t\n`],
    ["another mode", `100664 ${ID} 1 -\ta\n`],
    ["a short id", `100644 ${ID.slice(1)} 1 -\ta\n`],
    ["a size with a sign", `100644 ${ID} -1 -\ta\n`],
    ["a local id that is none", `100644 ${ID} 1 x\ta\n`],
    ["a path that is not escaped as it should be", `100644 ${ID} 1 -\t%41\n`],
    ["an empty line", `100644 ${ID} 1 -\ta\n\n`],
    ["a carriage return", `100644 ${ID} 1 -\ta\r\n`],
  ])("with %s is refused", (_, text) => {
    expect(parseFileList(text)).toBeUndefined();
    expect(listedPlaces(text)).toBeUndefined();
  });
});
