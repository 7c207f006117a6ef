import { describe, expect, it } from "vitest";
import { resolveReferences } from "../../src/store/references.ts";
import { addTree, makeWorld } from "../helpers/worlds.ts";

describe("resolveReferences", () => {
  it("takes the longest beginning of a text that names a valid object", async () => {
    const store = await makeWorld({ memory: true }).store();
    const short = (await addTree(store, { a: "1" }, { name: "x", version: "1" })).manifest.path;
    const long = (await addTree(store, { a: "1" }, { name: "x", version: "1.2" })).manifest.path;
    expect(long.startsWith(short)).toBe(true);
    expect(resolveReferences(store, [`${short}.`, `${short}.1`])).toEqual([short]);
    expect(resolveReferences(store, [`${long}.`, long, `${long}-dev`])).toEqual([long]);
    expect(resolveReferences(store, [`${short}.`, long])).toEqual([short, long]);
  });

  it("finds nothing in texts that name no valid object", async () => {
    const store = await makeWorld({ memory: true }).store();
    const { path } = (await addTree(store, { a: "1" }, { name: "x", version: "1" })).manifest;
    const others = ["", path.slice(0, 33), path.slice(0, -1), `${"a".repeat(32)}-x-1`];
    expect(resolveReferences(store, others)).toEqual([]);
  });
});
