import { existsSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashBlob } from "../../../src/model/git-object.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { faultsOf } from "../../helpers/naive-tree-id.ts";
import { patchFs } from "../../helpers/patch-fs.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

/** A store whose pool has `same`, a tree with a file of that content, and what happens when the pool's is asked for. */
async function meetAtTheLink(happens: (pool: string, source: string) => void) {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  await addTree(store, { a: "same" }, { name: "one" });
  const source = world.tree({ "d/b": "same", "d/c": "other" });
  const id = hashBlob(Buffer.from("same"));
  const pool = join(store.layout.files, id.slice(0, 2), id);
  let met = 0;
  patchFs("statSync", (original) => (...args) => {
    const [path] = args as unknown as Parameters<typeof original>;
    if (path === pool && met++ === 0) happens(pool, join(source, "d/b"));
    return original(...(args as unknown as Parameters<typeof original>));
  });
  return { store, source, pool, met: () => met };
}

describe("a file that the pool had when its source was read", () => {
  it("is copied when the pool has it no longer, and the pool has it again", async () => {
    const { store, source, pool, met } = await meetAtTheLink((pool) => unlinkSync(pool));
    const { manifest } = await addTree(store, source, { name: "two" });
    expect(met()).toBeGreaterThan(0);
    expect(faultsOf(store, manifest)).toEqual([]);
    expect(existsSync(pool)).toBe(true);
  });

  it("is refused by name when the source has changed as well, and nothing is added", async () => {
    const { store, source, met } = await meetAtTheLink((pool, file) => {
      unlinkSync(pool);
      writeFileSync(file, "changed");
    });
    const error = await caughtAsync(addTree(store, source, { name: "two" }));
    expect(met()).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: "FAILED", message: `${join(source, "d/b")} changed while it was read` });
    expect(readdirSync(store.layout.storeDir)).toHaveLength(1);
  });

  it("is not asked for when the store has the object already", async () => {
    const { store, source, met } = await meetAtTheLink(() => undefined);
    await addTree(store, source, { name: "two" });
    const before = met();
    expect(before).toBeGreaterThan(0);
    await addTree(store, source, { name: "two" });
    expect(met()).toBe(before);
  });
});
