import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteString, fromText } from "../../../src/model/byte-string.ts";
import { printFileList } from "../../../src/model/file-list.ts";
import type { BaseName, BlobId } from "../../../src/model/ids.ts";
import { removeTaken } from "../../../src/store/collection/remove-taken.ts";
import { layoutOf } from "../../../src/store/layout.ts";
import { makeWorld, writeTree } from "../../helpers/worlds.ts";

const OBJECT = "a-1" as BaseName;
const ID = "0123456789abcdef".repeat(4) as BlobId;

/** A path that a damaged or forged list may name. */
const anyListed = fc.constantFrom(
  ...[
    "f",
    "d",
    "d/g",
    "d/e/h",
    "d/e",
    "link",
    "link/outside",
    "gone",
    "gone/f",
    ".",
    "..",
    "../outside",
    "d/../../outside",
  ],
  ...[
    "d/./g",
    "/outside",
    "../../files/01/0",
    "d//g",
    "a\nb",
    "f\0",
    `d/${"n".repeat(300)}`,
    "x/".repeat(2000),
    "f/f/f/f",
  ],
);

describe("removing what was taken out", () => {
  it("takes all of an object and nothing else, whatever its file list says", () => {
    const { directory } = makeWorld();
    let round = 0;
    fc.assert(
      fc.property(fc.array(anyListed), fc.boolean(), (listed, isFile) => {
        const room = layoutOf(join(directory, `r${round++}`), 48);
        for (const path of [room.storeDir, room.manifests, room.files]) mkdirSync(path, { recursive: true });
        const kept = join(room.root, "kept");
        mkdirSync(kept);
        writeFileSync(join(kept, "outside"), "kept");
        writeFileSync(join(room.storeDir, "outside"), "kept");
        const tree = join(room.storeDir, OBJECT);
        if (isFile) writeFileSync(tree, "alone");
        else {
          mkdirSync(tree);
          writeTree({ f: "f", "d/g": "g", "d/e/h": "h", "d/e/empty": { directory: true }, "a\nb": "n" }, tree);
          symlinkSync(kept, join(tree, "link"));
        }
        const entries = listed.map((path) => ({ mode: "100644" as const, id: ID, size: 1, localId: undefined, path }));
        const text = printFileList(entries.map((entry) => ({ ...entry, path: fromText(entry.path) as ByteString })));
        writeFileSync(join(room.manifests, `${OBJECT}.files`), text);
        writeFileSync(join(room.manifests, `${OBJECT}.json`), "{}");

        const task = { kind: "remove" as const, room, files: room.files, twins: false, objects: [OBJECT] };
        const { inodes } = removeTaken(task);

        expect(lstatSync(tree, { throwIfNoEntry: false })).toBeUndefined();
        expect(readdirSync(room.manifests)).toEqual([]);
        expect([existsSync(join(kept, "outside")), readdirSync(room.storeDir)]).toEqual([true, ["outside"]]);
        expect(inodes).toBe(2 + (isFile ? 1 : 9));
      }),
      { numRuns: 100 },
    );
  });
});
