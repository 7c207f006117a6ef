import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { add } from "../../src/operations/packages/add.ts";
import { storeDirectories } from "../../src/store/directories.ts";
import type { OpenOptions } from "../../src/store/open-store.ts";
import { openStoreAt } from "../../src/store/open-store.ts";
import { refuseUnsafeRoot } from "../../src/store/root-safety.ts";
import { caught, caughtAsync } from "../helpers/caught.ts";
import { makeStoreWorld } from "../helpers/run-store.ts";
import { fakeContext, makeWorld } from "../helpers/worlds.ts";

const open = (root: string, more: Partial<OpenOptions> = {}) => openStoreAt({ root, context: fakeContext(), ...more });
const asRoot = process.getuid?.() === 0 ? it : it.skip;

describe("a store that others can change", () => {
  it("is refused to whoever writes to it, whichever of its directories it is", async () => {
    const { layout } = await makeWorld({ memory: true }).store();
    for (const path of [layout.root, ...storeDirectories(layout)]) {
      for (const mode of [0o777, 0o1777, 0o702]) {
        chmodSync(path, mode);
        const store = await open(layout.root);
        expect(caught(() => refuseUnsafeRoot(store))).toMatchObject({
          code: "UNSAFE",
          message: expect.stringContaining(`${path} can be written by every user`),
          hint: expect.stringContaining(`chmod go-w ${path}`),
          details: { root: layout.root, directory: path },
        });
      }
      chmodSync(path, 0o755);
      refuseUnsafeRoot(await open(layout.root));
    }
  });

  it("is refused before anything is written", async () => {
    const world = makeWorld({ memory: true });
    const { layout } = await world.store();
    chmodSync(layout.log, 0o777);
    const store = await open(layout.root);
    const from = world.tree({ a: "b" });
    expect(await caughtAsync(add(store, { from, name: "a", cwd: "/" }))).toMatchObject({ code: "UNSAFE" });
    for (const path of [layout.temporary, layout.manifests, layout.roots]) expect(readdirSync(path)).toEqual([]);
  });

  it("is accepted once and for all by who made it so", async () => {
    const { directory } = makeWorld({ memory: true });
    const shared = join(directory, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    refuseUnsafeRoot(await open(join(shared, "s"), { allowUnsafeRoot: true }));
    refuseUnsafeRoot(await open(join(shared, "s")));
  });

  asRoot("is refused to root when it is that of another user, also to look at", async () => {
    const { layout } = await makeWorld({ memory: true }).store();
    chownSync(layout.root, 4321, 0);
    expect(await caughtAsync(open(layout.root))).toMatchObject({
      code: "UNSAFE",
      message: `the store at ${layout.root} belongs to another user (uid 4321), and you are root`,
      hint: expect.stringContaining("sudo -u '#4321' store"),
    });
    const store = await open(layout.root, { allowUnsafeRoot: true });
    refuseUnsafeRoot(store);
    expect(await caughtAsync(open(layout.root))).toMatchObject({ code: "UNSAFE" });
  });

  it("can be looked at, and every command that changes it says what to do", () => {
    const world = makeStoreWorld();
    world.done("install", world.source("a-1", { file: "one" }));
    world.done("install", world.source("a-2", { file: "two" }));
    chmodSync(world.root, 0o777);
    for (const args of [["list"], ["generations"], ["path", "a"], ["log"], ["gc", "--dry-run"], ["shellenv"]])
      world.done(...args);
    const before = readdirSync(world.root, { recursive: true }).sort();
    const changes = [
      ["install", world.source("a-3", { file: "three" })],
      ["remove", "a"],
      ["rollback"],
      ["switch", "gen-1"],
      ["pin", "gen-1"],
      ["gc"],
      ["config", "gc.keep", "3"],
      ["generations", "delete", "gen-1"],
      ["root", "add", "a"],
      ["archive", "add"],
      ["run", "--", "true"],
      ["init"],
    ];
    for (const args of changes) {
      const { status, stderr } = world.run(args);
      expect({ args, status }).toEqual({ args, status: 4 });
      expect(stderr).toContain(`chmod go-w ${world.root}`);
    }
    expect(readdirSync(world.root, { recursive: true }).sort()).toEqual(before);
    const file = join(world.root, "store.json");
    const known = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...known, later: [1] }));
    world.done("init", "--allow-unsafe-root");
    world.done("rollback");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ ...known, unsafeRoot: true, later: [1] });
    expect(existsSync(join(world.root, "profiles/default/current/file"))).toBe(true);
  });
});
