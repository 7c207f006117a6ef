import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BaseName } from "../../src/model/ids.ts";
import { readManifest } from "../../src/store/manifests.ts";
import { NOBODY, useDriver, whyNotAsNobody } from "../helpers/driver.ts";
import { faultsOf } from "../helpers/naive-tree-id.ts";
import type { Command, Outcome } from "../helpers/store-driver.ts";
import { makeWorld, readTree, type TreeData, type World } from "../helpers/worlds.ts";

// Root may write to read-only directories and read everything: what holds for root need not hold for anybody else.
const reason = whyNotAsNobody();
if (reason !== undefined) process.stderr.write(`normal-user.test.ts is skipped: ${reason}\n`);

describe.skipIf(reason !== undefined)("a user who is not root", () => {
  const driver = useDriver();

  const asNobody = (command: Command) => driver.run(command, { user: NOBODY });

  /** Adds a tree of the world as nobody; the outcome, and the faults of the object. */
  async function add(world: World, choice: Partial<Command & { do: "add" }> & { readonly source: string }) {
    const outcome = asNobody({ do: "add", root: join(world.directory, "s"), ...choice });
    const store = await world.store("s");
    return { outcome, store, faults: outcome?.result && faultsOf(store, readManifest(store, pathOf(outcome))) };
  }

  const pathOf = (outcome: Outcome | undefined) => (outcome as { result: { path: BaseName } }).result.path;

  const DATA: TreeData = {
    "a/1": "same",
    "a/2": "same",
    "b/c/3": "same",
    "b/c/x": { exec: "same" },
    "b/empty": { directory: true },
    "b/link": { link: "c/3" },
    top: "same",
  };

  it.each([
    { adopt: false, umask: 0o022 },
    { adopt: true, umask: 0o022 },
    { adopt: false, umask: 0o077 },
    { adopt: true, umask: 0o077 },
    { adopt: false, umask: 0 },
    { adopt: true, umask: 0 },
    { adopt: false, umask: 0o022, method: "copy" as const },
  ])("adds a tree with equal files in several directories, frozen (%o)", async (choice) => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const { outcome, faults } = await add(world, { source: world.tree(DATA), ...choice });
    expect(outcome).toMatchObject({ result: { reused: false } });
    expect(faults).toEqual([]);
  });

  it("adds files that mention the store and the object itself", async () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    asNobody({ do: "open", root: join(world.directory, "s") });
    const { storeDir } = (await world.store("s")).layout;
    const self = `${storeDir}/${"0".repeat(32)}-demo-1.0`;
    const source = world.tree({ "d/text": self, "d/link": { link: `${self}/d/text` }, "d/text2": self });
    for (const adopt of [false, true]) {
      const { faults, outcome } = await add(world, { source, adopt });
      expect(outcome).toMatchObject({ result: { reused: adopt } });
      expect(faults).toEqual([]);
    }
  });

  it("adopts files and directories whose modes forbid reading and writing", async () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const source = world.tree({
      "d/unreadable": { exec: "x" },
      "d/closed/file": "y",
      "d/large": Buffer.alloc(2 << 20),
    });
    const modes = { "d/unreadable": 0o111, "d/closed/file": 0, "d/closed": 0, "d/large": 0o200, d: 0o500 };
    const { faults, outcome } = await add(world, { source, adopt: true, modes });
    expect(outcome?.error).toBeUndefined();
    expect(faults).toEqual([]);
    const unclosed = await add(world, { source });
    expect(unclosed.outcome).toMatchObject({ result: { reused: true } });
  });

  it("removes attributes from adopted files that are read-only", async ({ skip }) => {
    const world = makeWorld({ owner: NOBODY });
    const source = world.tree({ "d/file": "text" });
    const set = spawnSync("setfattr", ["-n", "user.demo", "-v", "x", join(source, "d/file")]);
    if (set.status !== 0) skip("setfattr fails here");
    chmodSync(join(source, "d/file"), 0o444);
    const { faults, outcome } = await add(world, { source, adopt: true });
    expect(outcome?.error).toBeUndefined();
    expect(faults).toEqual([]);
    const { stdout } = spawnSync("getfattr", ["-R", "-d", join(world.directory, "s")], { encoding: "utf8" });
    expect(stdout).toBe("");
  });

  it("names the file or directory that cannot be read", async () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    for (const path of ["d/secret", "closed"]) {
      const source = world.tree({ "d/secret": "root's", "closed/x": "", ok: "" });
      chmodSync(join(source, path), 0o700);
      const outcome = asNobody({ do: "add", root: join(world.directory, "s"), source });
      expect(outcome?.error).toMatchObject({
        code: "INVALID_INPUT",
        message: `${join(source, path)} cannot be read: permission denied`,
        hint: expect.stringContaining("chmod"),
      });
    }
  });

  it("puts an object where a killed process left a read-only one without manifest", async () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const source = world.tree(DATA);
    const { store, outcome } = await add(world, { source });
    const path = pathOf(outcome);
    for (const kind of ["json", "files"]) asRoot.remove(join(store.layout.manifests, `${path}.${kind}`));
    asRoot.damage(join(store.layout.storeDir, path, "top"));
    const again = await add(world, { source });
    expect(again.outcome).toMatchObject({ result: { path, reused: false } });
    expect(again.faults).toEqual([]);
    expect(readdirSync(store.layout.trash)).toEqual([]);
  });

  it("leaves nothing in the temporary directory, also after an error in a half read-only tree", async () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const root = join(world.directory, "s");
    asNobody({ do: "add", root, source: world.tree(DATA) });
    const source = world.tree({ "a/b/c": "1", "z/secret": "root's" });
    chmodSync(join(source, "z/secret"), 0);
    expect(asNobody({ do: "add", root, source, adopt: false })?.error).toBeDefined();
    expect(readdirSync(join(root, "tmp"))).toEqual([]);
  });

  it("sweeps a killed process's tree whose directories are read-only", async () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const root = join(world.directory, "s");
    const { child, outcome } = await driver.start({ do: "hold-temporary", root }, { user: NOBODY });
    const { path } = outcome.result as { path: string };
    mkdirSync(join(path, "object/inner"), { recursive: true });
    writeFileSync(join(path, "object/inner/file"), "");
    asRoot.giveAway(join(path, "object"));
    expect(asNobody({ do: "sweep", root })?.result).toEqual([]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(asNobody({ do: "sweep", root })?.result).toEqual([path.split("/").at(-1)]);
    expect(existsSync(path)).toBe(false);
  });

  it.each([0, 0o100, 0o200, 0o300, 0o400, 0o600])(
    "measures and removes a directory that is closed to its owner (mode %i)",
    (mode) => {
      const path = join(makeWorld({ owner: NOBODY, memory: true }).directory, "tree");
      mkdirSync(join(path, "closed/inner"), { recursive: true });
      writeFileSync(join(path, "closed/inner/file"), "content");
      asRoot.giveAway(path);
      chmodSync(join(path, "closed/inner"), mode);
      chmodSync(join(path, "closed"), mode);
      const all = { bytes: expect.any(Number), inodes: 4 };
      const result = asNobody({ do: "remove-tree", path })?.result as { seen: unknown; freed: unknown };
      expect(result).toMatchObject({ seen: all, modes: [mode], isGone: true });
      expect(result.freed).toEqual(result.seen);
    },
  );

  it("is refused a store in somebody else's directory", () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const other = join(world.directory, "other");
    mkdirSync(other);
    asRoot.own(other, 4321);
    const { error } = asNobody({ do: "open", root: join(other, "s") }) ?? {};
    expect(error).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining(`${other} belongs to another user`),
    });
  });

  it("may keep a store where its own group can write, not where another group can", () => {
    const world = makeWorld({ owner: NOBODY, memory: true });
    const shared = join(world.directory, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o775);
    asRoot.own(shared, NOBODY, 4321);
    const refused = asNobody({ do: "open", root: join(shared, "s") })?.error;
    expect(refused).toMatchObject({ code: "UNSAFE", message: expect.stringContaining("gid 4321") });
    expect(refused?.hint).toContain(`chmod go-w ${shared}`);
    asRoot.own(shared, NOBODY, NOBODY);
    chmodSync(shared, 0o775);
    expect(asNobody({ do: "open", root: join(shared, "s") })?.error).toBeUndefined();
  });
});

/** What the tests do to the files of the user. */
const asRoot = {
  remove: (path: string) => unlinkSync(path),
  own: (path: string, user: number, group = user) => chownSync(path, user, group),
  damage(path: string) {
    chmodSync(path, 0o644);
    writeFileSync(path, "torn");
  },
  /** Makes a tree the user's, with read-only directories. */
  giveAway(directory: string) {
    for (const [path, { kind }] of readTree(directory)) {
      const place = join(directory, path);
      chownSync(place, NOBODY, NOBODY);
      if (kind === "directory") chmodSync(place, 0o555);
    }
  },
};
