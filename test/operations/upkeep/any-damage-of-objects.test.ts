import {
  appendFileSync,
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ByteString, fromText, toFsPath } from "../../../src/model/byte-string.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { readFileList } from "../../../src/store/twins.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { anyTree } from "../../helpers/any-tree.ts";
import { faultsOf } from "../../helpers/naive-tree-id.ts";
import { DEFAULT } from "../../helpers/profile-worlds.ts";
import { runs } from "../../helpers/runs.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

type Place = string | Buffer;

/** What can be done to a file, link or empty directory of an object; returns false where it changes nothing. */
const DAMAGES: Readonly<Record<string, (place: Place) => boolean>> = {
  remove(place) {
    rmSync(place, { recursive: true });
    return true;
  },
  flip(place) {
    if (!isFile(place) || lstatSync(place).size === 0) return false;
    return frozenAgain(place, () => {
      const { size } = lstatSync(place);
      truncateSync(place, size - 1);
      appendFileSync(place, Buffer.of(0x80));
    });
  },
  append: (place) => isFile(place) && frozenAgain(place, () => appendFileSync(place, "!")),
  time(place) {
    lutimesSync(place, 77, 77);
    return true;
  },
  mode(place) {
    if (lstatSync(place).isSymbolicLink()) return false;
    chmodSync(place, 0o640);
    return true;
  },
  file(place) {
    rmSync(place, { recursive: true });
    writeFileSync(place, "another file");
    return true;
  },
  link(place) {
    rmSync(place, { recursive: true });
    symlinkSync("/nowhere", place);
    lutimesSync(place, 1, 1);
    return true;
  },
  directory(place) {
    rmSync(place, { recursive: true });
    mkdirSync(place);
    writeFileSync(`${place}/in it`, "");
    return typeof place === "string";
  },
};

function isFile(place: Place): boolean {
  return lstatSync(place).isFile();
}

/** As a bad disk does it: only the content tells. */
function frozenAgain(place: Place, action: () => void): boolean {
  const { mode } = lstatSync(place);
  chmodSync(place, 0o600);
  action();
  chmodSync(place, mode);
  utimesSync(place, 1, 1);
  return true;
}

test("any damage of an object is found, and repaired to the same tree where another has the bytes", async () => {
  const world = makeWorld({ memory: true });
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      anyTree,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Object.keys(DAMAGES))), { minLength: 1, maxLength: 3 }),
      async (tree, damages) => {
        const store = await world.store(`p${made++}`);
        const { manifest, path } = await addTree(store, tree);
        await addTree(store, tree, { name: "spare", method: "copy" });
        const entries = readFileList(store, manifest.path);
        fc.pre(entries.length > 0);
        const places = new Set(damages.map(([at]) => at % entries.length));
        let changed = false;
        for (const [index, at] of [...places].entries()) {
          const place = toFsPath(`${fromText(path)}/${entries[at]?.path}` as ByteString);
          const damage = DAMAGES[damages[index]?.[1] as string] as (place: Place) => boolean;
          changed = (typeof place === "string" || damages[index]?.[1] !== "directory") && (damage(place) || changed);
        }
        const request = { profile: DEFAULT, cwd: "/", contents: true, what: [manifest.path] };
        if (changed) expect((await verify(store, request)).damaged).not.toEqual([]);
        expect((await repair(store, request)).damaged).toEqual([]);
        expect(faultsOf(store, manifest)).toEqual([]);
        removeTree(store.layout.root);
      },
    ),
    { numRuns: runs(5) },
  );
});
