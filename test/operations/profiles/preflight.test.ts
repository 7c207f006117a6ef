import { chmodSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseGenerationNumber, parseProfileName } from "../../../src/model/ids.ts";
import { exportObjects } from "../../../src/operations/archives/export-objects.ts";
import { undo } from "../../../src/operations/history/undo.ts";
import { listPackages } from "../../../src/operations/packages/list.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { rollback, switchGeneration } from "../../../src/operations/profiles/switch.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { currentPath, generationFile, manifestPath, objectPath } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { addTree, makeWorld, readTree } from "../../helpers/worlds.ts";

const profile = parseProfileName("default");

/** gen-1: a and user (which needs library, installed nowhere); gen-2: a and b. All packed in `repository`. */
async function twoGenerations() {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const library = await addTree(store, { "lib/x": "x" }, { name: "library" });
  const text = `${store.layout.canonicalStoreDir}/${library.manifest.path}/lib/x`;
  const user = await addTree(store, { "bin/user": text }, { name: "user" });
  const a = await addTree(store, { "bin/a": "a", "share/deep/er": "content" }, { name: "a" });
  const b = await addTree(store, { "bin/b": "b" }, { name: "b" });
  const put = (paths: readonly string[]) =>
    install(store, { profile, packages: paths.map((from) => ({ from, cwd: world.directory })) });
  await put([a.path, user.path]);
  const { remove } = await import("../../../src/operations/profiles/remove.ts");
  await put([b.path]);
  await remove(store, { profile, names: ["user"] });
  const what = [library, user, a, b].map(({ manifest }) => manifest.path);
  await exportObjects(store, { what, profile, cwd: world.directory, output: "repository/" });
  const repository = join(world.directory, "repository");
  const events: StoreEvent[] = [];
  const options = {
    obtain: () => ({ cwd: world.directory, repositories: [repository] }),
    onEvent: (event: StoreEvent) => void events.push(event),
  };
  return { world, store, library, user, a, b, repository, options, events };
}

const liveFiles = (store: Store) => [...readTree(join(store.layout.profiles, "default")).keys()];
const names = async (store: Store) => (await listPackages(store, profile)).map(({ name }) => name);
const back = { selector: "gen-1" };

describe("an object of the target that was deleted by hand", () => {
  it("is had again from a repository, and then the switch is made", async () => {
    const { store, user, repository, options } = await twoGenerations();
    removeTree(user.path);
    const change = await switchGeneration(store, profile, back, options);
    expect(change).toMatchObject({
      from: 3,
      to: 1,
      changed: true,
      obtained: [{ path: user.manifest.path, from: "repository", where: repository }],
    });
    expect(readFileSync(join(user.path, "bin/user"), "utf8")).toContain("library");
    expect(await names(store)).toEqual(["a", "user"]);
  });

  it("without a place that has it is a refusal that names it, and nothing changes", async () => {
    const { store, user } = await twoGenerations();
    removeTree(user.path);
    const before = liveFiles(store);
    for (const obtain of [undefined, () => ({ cwd: "/" })]) {
      expect(await caughtAsync(switchGeneration(store, profile, back, { obtain }))).toMatchObject({
        code: "UNSAFE",
        message: expect.stringContaining(user.manifest.path),
        details: { generation: 1, missing: [{ path: user.manifest.path }] },
      });
    }
    expect(liveFiles(store)).toEqual(before);
    expect(await names(store)).toEqual(["a", "b"]);
  });

  it("is missed also when only a package needs it", async () => {
    const { store, library, options } = await twoGenerations();
    removeTree(library.path);
    expect(await caughtAsync(switchGeneration(store, profile, back))).toMatchObject({
      code: "UNSAFE",
      details: { missing: [{ path: library.manifest.path }] },
    });
    expect(await switchGeneration(store, profile, back, options)).toMatchObject({
      to: 1,
      obtained: [{ from: "repository" }],
    });
    removeTree(library.path);
    const file = generationFile(store.layout, profile, parseGenerationNumber(1));
    const { closure, ...older } = JSON.parse(readFileSync(file, "utf8"));
    expect(closure).toEqual([library.manifest.path]);
    writeFileSync(file, JSON.stringify(older));
    expect(await caughtAsync(switchGeneration(store, profile, back))).toMatchObject({ code: "UNSAFE" });
  });

  it("that is a forest is built again from the record of the generation", async () => {
    const { store, options } = await twoGenerations();
    const { path } = readGeneration(store, profile, parseGenerationNumber(1));
    removeTree(objectPath(store.layout, path));
    expect(await switchGeneration(store, profile, back, options)).toMatchObject({
      to: 1,
      obtained: [{ path, from: "generation" }],
    });
    expect(readFileSync(join(currentPath(store.layout, profile), "bin/a"), "utf8")).toBe("a");
  });

  it("can be left out with what needs it, as a generation of its own", async () => {
    const { store, library, user, repository, options, events } = await twoGenerations();
    unlinkSync(join(repository, `${library.manifest.path}.tar.gz`));
    removeTree(library.path);
    const change = await switchGeneration(store, profile, back, { ...options, missing: "remove" });
    expect(change).toMatchObject({
      from: 3,
      to: 4,
      changed: true,
      leftOut: [{ name: "user", path: user.manifest.path }],
    });
    expect(await names(store)).toEqual(["a"]);
    expect(events.filter(({ kind }) => kind === "warning")).toMatchObject([
      { message: expect.stringMatching(/^user 1\.0 is left out: /) },
    ]);
    expect(readGeneration(store, profile, change.to).reason).toBe("gen-1 without user");
    // Where gen-1 itself would go back to, not to what was left.
    expect(await rollback(store, profile, {})).toMatchObject({ from: 4, to: 0 });
  });
});

describe("damage in the target", () => {
  it("that a repair can mend is refused with that as the next step, what is gone altogether is not", async () => {
    const { store, user } = await twoGenerations();
    const options = { obtain: () => ({ cwd: "/" }) };
    const refused = () => caughtAsync(switchGeneration(store, profile, back, options));
    const undone = () => caughtAsync(undo(store, profile, { transaction: 3 }, options));
    const manifest = manifestPath(store.layout, user.manifest.path);
    unlinkSync(manifest);
    for (const error of [await refused(), await undone()])
      expect(error).toMatchObject({
        code: "UNSAFE",
        hint: expect.stringMatching(/`store verify --repair`.*--repository/),
      });
    removeTree(user.path);
    for (const error of [await refused(), await undone()])
      expect(error).toMatchObject({ code: "UNSAFE", hint: expect.not.stringContaining("--repair") });
    writeFileSync(manifest, "{}");
    expect(await refused()).toMatchObject({ hint: expect.stringContaining("`store verify --repair`") });
  });

  const damage = (path: string, action: () => void) => {
    chmodSync(path, 0o755);
    action();
  };

  it("that a directory's time tells of is found at a glance, and mended", async () => {
    const { store, a, options } = await twoGenerations();
    damage(a.path, () => writeFileSync(join(a.path, "more"), ""));
    expect(await caughtAsync(switchGeneration(store, profile, back))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("more does not belong there"),
    });
    await switchGeneration(store, profile, back, options);
    expect([...readTree(a.path).keys()].sort()).toEqual(["", "bin", "bin/a", "share", "share/deep", "share/deep/er"]);
  });

  it("deep inside is found with verify", async () => {
    const { store, a, options } = await twoGenerations();
    writeFileSync(join(a.path, "share/deep/er"), "CONTENT");
    expect(await switchGeneration(store, profile, back, options)).toMatchObject({ to: 1 });
    await switchGeneration(store, profile, { selector: "gen-3" });
    const verify = true;
    expect(await caughtAsync(switchGeneration(store, profile, back, { verify }))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("share/deep/er has other content"),
    });
    await switchGeneration(store, profile, back, { ...options, verify });
    expect(readFileSync(join(a.path, "share/deep/er"), "utf8")).toBe("content");
  });

  it("is told by a dry run, which changes nothing", async () => {
    const { store, user, repository, options, events } = await twoGenerations();
    removeTree(user.path);
    expect(await switchGeneration(store, profile, back, { ...options, dryRun: true })).toMatchObject({
      changed: false,
      obtained: [{ path: user.manifest.path, from: "repository", where: repository }],
      fetch: [],
      build: [],
    });
    expect(events).toEqual([]);
    expect(await caughtAsync(switchGeneration(store, profile, back, { dryRun: true }))).toMatchObject({
      code: "UNSAFE",
    });
  });
});
