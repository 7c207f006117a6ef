import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { layoutOf, longestRoot, type Width } from "../../src/store/layout.ts";
import { type OpenOptions, openStoreAt } from "../../src/store/open-store.ts";
import { resolveRoot } from "../../src/store/resolve-root.ts";
import { caught, caughtAsync } from "../helpers/caught.ts";
import { useDriver } from "../helpers/driver.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { PROGRAM } from "../helpers/run-store.ts";
import { addTree, fakeContext, makeWorld } from "../helpers/worlds.ts";

const open = (root: string, options: Partial<OpenOptions> = {}) =>
  openStoreAt({ root, context: fakeContext(), ...options });

/** How opening a store there is refused. */
const refusal = async (root: string, options: Partial<OpenOptions> = {}) => caughtAsync(open(root, options));

/** A root of `length` bytes below the world's directory. */
function rootOf(length: number): string {
  const { directory } = makeWorld({ memory: true });
  return `${directory}/${"R".repeat(length - directory.length - 1)}`;
}

const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe("initStore", () => {
  it("makes the directories and, last, store.json", async () => {
    const { layout, file } = await open(join(makeWorld({ memory: true }).directory, "s"));
    expect(layout.storeDir).toHaveLength(48);
    expect(JSON.parse(readFileSync(layout.storeFile, "utf8"))).toEqual({
      format: 1,
      width: 48,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      storeDir: layout.storeDir,
      created: "2026-01-02T03:04:06.000Z",
    });
    expect(file.storeDir).toBe(layout.storeDir);
    expect(readdirSync(layout.root).sort()).toEqual([
      ...["build-logs", "builds", "files", "index", "locks", "log", "manifests"],
      ...[basename(layout.storeDir), "profiles", "roots", "sources", "store.json", "tmp", "trash"],
    ]);
    expect(readdirSync(layout.files)).toHaveLength(256);
  });

  it.each([0, 0o022, 0o077])("gives safe modes under umask %o", async (umask) => {
    const before = process.umask(umask);
    try {
      const { layout } = await open(join(makeWorld({ memory: true }).directory, "new/s"));
      expect(modeOf(dirname(layout.root))).toBe(0o700);
      expect(modeOf(layout.root)).toBe(0o700);
      for (const path of [layout.storeDir, layout.manifests, layout.files, `${layout.files}/a0`, layout.profiles]) {
        expect([path, modeOf(path)]).toEqual([path, 0o755]);
      }
      for (const path of [layout.temporary, layout.trash, layout.log, layout.builds, layout.locks]) {
        expect([path, modeOf(path)]).toEqual([path, 0o700]);
      }
    } finally {
      process.umask(before);
    }
  });

  it("leaves the mode of a directory that is there", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    mkdirSync(root);
    chmodSync(root, 0o750);
    await open(root);
    expect(modeOf(root)).toBe(0o750);
  });

  it("is implied by opening, unless that is not wanted", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    expect(await refusal(root, { create: false })).toMatchObject({
      code: "NOT_FOUND",
      message: `there is no store at ${root}`,
      hint: expect.stringContaining("store init"),
    });
    expect(existsSync(root)).toBe(false);
    const { file } = await open(root);
    expect((await open(root, { create: false })).file).toEqual(file);
  });

  it("may find an empty directory, or what a killed init left", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    mkdirSync(join(root, "files/00"), { recursive: true });
    mkdirSync(join(root, "locks"));
    writeFileSync(join(root, ".tmp-0123456789abcdef"), "{");
    expect((await open(root)).layout.root).toBe(root);
  });

  it("gives two stores different ids", async () => {
    const world = makeWorld({ memory: true });
    expect((await world.store("a")).file.id).not.toBe((await world.store("b")).file.id);
  });
});

describe("the width", () => {
  it.each([48, 80, 128] as const)("of %i takes a root up to what fits, padded to the width", async (width) => {
    const { layout } = await open(rootOf(longestRoot(width)), { width });
    expect(Buffer.byteLength(layout.storeDir)).toBe(width);
    expect(layout.storeDir).toMatch(/\/pkgs_$/);
    expect(realpathSync(layout.storeDir)).toBe(layout.storeDir);
    const shorter = await open(rootOf(longestRoot(width) - 10), { width });
    expect(shorter.layout.storeDir).toHaveLength(width);
    expect(shorter.layout.storeDir).toMatch(/\/pkgs_{11}$/);
  });

  it.each<[Width, RegExp]>([
    [48, /shorter path.*store init --width 80/],
    [80, /shorter path.*store init --width 128/],
    [128, /shorter path with --root or \$STORE_ROOT\.$/],
  ])("of %i is too little for one byte more, and the refusal says what is enough", async (width, hint) => {
    const root = rootOf(longestRoot(width) + 1);
    expect(await refusal(root, { width })).toMatchObject({
      code: "INVALID_INPUT",
      message: `the root ${root} has ${root.length} bytes; at most ${width - 6} fit`,
      hint: expect.stringMatching(hint),
    });
    expect(existsSync(root)).toBe(false);
  });

  it("is not advised where a path that is too long has odd characters, too", async () => {
    const root = `${rootOf(44)} x`;
    expect(await refusal(root)).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(
        / has 46 bytes; at most 42 fit, and it has characters that build tools cannot take$/,
      ),
      hint: "Choose a shorter path of letters, digits and / . _ + @ , = ~ - with --root or $STORE_ROOT.",
    });
  });

  it("is that of the store that is there, whatever is asked for", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    await open(root, { width: 80 });
    expect((await open(root)).layout.storeDir).toHaveLength(80);
  });
});

describe("a root", () => {
  it("that is a file, or below one, is refused", async () => {
    const { directory } = makeWorld({ memory: true });
    writeFileSync(join(directory, "file"), "");
    for (const root of [join(directory, "file"), join(directory, "file/s")]) {
      expect(await refusal(root)).toMatchObject({
        code: "INVALID_INPUT",
        message: `${root} is no directory; a store needs one`,
        hint: expect.stringContaining("--root"),
      });
    }
  });

  it("with something else in it is refused", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    for (const name of ["notes", "s", "48", "pkgs"]) {
      mkdirSync(join(root, name), { recursive: true });
      expect(await refusal(root)).toMatchObject({ code: "INVALID_INPUT", details: { entries: [name] } });
      expect(readdirSync(root)).toEqual([name]);
      rmSync(root, { recursive: true });
    }
  });

  it.each(["a b", "dé", "a\nb", "a:b", "a'b", "a$b", "a\\b"])("with odd characters is refused: %j", async (name) => {
    const { directory } = makeWorld({ memory: true });
    expect(await refusal(join(directory, name))).toMatchObject({
      code: "INVALID_INPUT",
      hint: expect.stringContaining("letters, digits"),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(["a".repeat(32), "0".repeat(32), `${"b".repeat(40)}`])(
    "that looks like a digest is refused: %s",
    async (name) => {
      const root = join(makeWorld({ memory: true }).directory, name);
      expect(await refusal(root, { width: 80 })).toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining("looks like a digest"),
      });
    },
  );

  it("that would make the storeDir overlap itself is refused", async () => {
    const root = `/pkgs_${"_".repeat(36)}`;
    expect(await refusal(root)).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("overlaps") });
    expect(existsSync(root)).toBe(false);
  });

  it("that is reached through symlinks is resolved first", async () => {
    const { directory } = makeWorld({ memory: true });
    mkdirSync(join(directory, "real"));
    symlinkSync("real", join(directory, "link"));
    symlinkSync(join(directory, "link/later/s"), join(directory, "dangling"));
    expect((await open(join(directory, "link/a/s"))).layout.root).toBe(join(directory, "real/a/s"));
    expect((await open(join(directory, "dangling"))).layout.root).toBe(join(directory, "real/later/s"));
    expect((await open(join(directory, "real/a/../a/s/"), { create: false })).layout.root).toBe(
      join(directory, "real/a/s"),
    );
  });

  it("that is empty, or relative to a working directory that was deleted, is refused", () => {
    expect(caught(() => resolveRoot(""))).toMatchObject({ code: "INVALID_INPUT", message: "the root is empty" });
    const { directory } = makeWorld({ memory: true });
    const script = 'mkdir gone && cd gone && rmdir ../gone && "$0" "$1" list --root relative';
    const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, PROGRAM], {
      cwd: directory,
      encoding: "utf8",
    });
    expect(stderr).toContain("the working directory was deleted");
    expect(status).toBe(2);
  });

  it("that is a symlink to itself is refused", () => {
    const { directory } = makeWorld({ memory: true });
    symlinkSync("loop", join(directory, "loop"));
    expect(caught(() => resolveRoot(join(directory, "loop")))).toMatchObject({ code: "INVALID_INPUT" });
  });

  it("whose storeDir is a symlink is refused", async () => {
    const { directory } = makeWorld({ memory: true });
    const { storeDir } = layoutOf(join(directory, "s"), 48);
    mkdirSync(join(directory, "s"));
    mkdirSync(join(directory, "elsewhere"));
    symlinkSync(join(directory, "elsewhere"), storeDir);
    for (let time = 0; time < 2; time++) {
      expect(await refusal(join(directory, "s"))).toMatchObject({
        code: "UNSAFE",
        message: `${storeDir} leads through a symlink`,
      });
    }
  });
});

describe("a root below a directory that others can write to", () => {
  it("is refused, with the directory and a way out", async () => {
    const { directory } = makeWorld({ memory: true });
    const shared = join(directory, "shared");
    mkdirSync(join(shared, "mine"), { recursive: true });
    chmodSync(shared, 0o777);
    for (const root of [join(shared, "s"), join(shared, "mine/s"), shared]) {
      expect(await refusal(root)).toMatchObject({
        code: "UNSAFE",
        message: `${shared} can be written by every user, so the store at ${root} could be replaced`,
        hint: expect.stringContaining(`chmod go-w ${shared}`),
        details: { directory: shared },
      });
    }
    expect(readdirSync(shared)).toEqual(["mine"]);
    expect((await open(join(shared, "s"), { allowUnsafeRoot: true })).layout.root).toBe(join(shared, "s"));
  });

  it("is accepted where the sticky bit keeps others from replacing it, not as that directory itself", async () => {
    const { directory } = makeWorld({ memory: true });
    const sticky = join(directory, "sticky");
    mkdirSync(sticky);
    chmodSync(sticky, 0o1777);
    expect((await open(join(sticky, "s"))).layout.root).toBe(join(sticky, "s"));
    rmSync(join(sticky, "s"), { recursive: true });
    expect(await refusal(sticky)).toMatchObject({ code: "UNSAFE" });
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;

  asRoot("is refused where a foreign group can write, or another user owns it", async () => {
    const { directory } = makeWorld({ memory: true });
    for (const name of ["group", "user"]) mkdirSync(join(directory, name));
    chownSync(join(directory, "group"), 0, 4321);
    chmodSync(join(directory, "group"), 0o775);
    chownSync(join(directory, "user"), 4321, 0);
    expect(await refusal(join(directory, "group/s"))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("a group that is not yours (gid 4321)"),
    });
    const foreign = await refusal(join(directory, "user/s"));
    expect(foreign).toMatchObject({ code: "UNSAFE", message: expect.stringContaining("another user (uid 4321)") });
    expect((foreign as { hint: string }).hint).not.toContain("chmod");
    chmodSync(join(directory, "group"), 0o755);
    expect((await open(join(directory, "group/s"))).layout.width).toBe(48);
  });
});

describe("opening a store", () => {
  it("of a newer format is refused, and nothing changes", async () => {
    const { layout } = await makeWorld({ memory: true }).store();
    const newer = readFileSync(layout.storeFile, "utf8").replace('"format": 1', '"format": 2');
    writeFileSync(layout.storeFile, newer);
    expect(await refusal(layout.root)).toMatchObject({
      code: "NEWER_FORMAT",
      message: `${layout.storeFile} has format 2; this program reads formats up to 1`,
      hint: expect.stringContaining("newer version"),
    });
    expect(readFileSync(layout.storeFile, "utf8")).toBe(newer);
  });

  it("that was moved is refused, and says where it belongs", async () => {
    const world = makeWorld({ memory: true });
    const { layout } = await world.store("a");
    renameSync(layout.root, join(world.directory, "b"));
    expect(await refusal(join(world.directory, "b"))).toMatchObject({
      code: "DAMAGED",
      message: `the store at ${join(world.directory, "b")} was made for ${layout.storeDir}`,
      hint: expect.stringContaining("move the directory back"),
    });
    renameSync(join(world.directory, "b"), layout.root);
    expect((await open(layout.root)).layout.root).toBe(layout.root);
  });

  it.each([Number.NaN, 47, 48.5, "48"])("refuses the width %j", async (width) => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    expect(await refusal(root, { width: width as Width })).toMatchObject({ code: "INVALID_INPUT" });
    expect(existsSync(root)).toBe(false);
  });

  it("says what the system says when the place cannot be written", async () => {
    const { directory } = makeWorld({ memory: true });
    patchFs("mkdirSync", () => () => {
      throw errno("EROFS");
    });
    expect(await refusal(join(directory, "s"))).toMatchObject({ code: "EROFS" });
  });
});

describe("several inits", () => {
  const driver = useDriver();

  it("at once make one store, in one process", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(root)));
    expect(new Set(stores.map(({ file }) => file.id)).size).toBe(1);
  });

  it("at once make one store, in several processes", async () => {
    const root = join(makeWorld({ memory: true }).directory, "s");
    const runs = await Promise.all([1, 2, 3, 4].map(() => driver.start({ do: "open", root })));
    const ids = runs.map(({ outcome }) => (outcome.result as { id?: string } | undefined)?.id);
    expect(new Set(ids)).toEqual(new Set([(await open(root)).file.id]));
  });

  it("follow one that was killed at any moment", async () => {
    const world = makeWorld({ memory: true });
    const total = driver.run({ do: "open", root: join(world.directory, "whole") })?.steps as number;
    expect(total).toBeGreaterThan(500);
    const moments = [0, 1, 2, 4, 10, 300, ...Array.from({ length: 6 }, (_, at) => total - 6 + at)];
    for (const killAt of moments) {
      const root = join(world.directory, `s${killAt}`);
      expect(driver.run({ do: "open", root, killAt })).toBeUndefined();
      const store = await open(root);
      expect(store.layout.root).toBe(root);
      if (killAt % 2 === 0) expect((await addTree(store, { a: "1" })).reused).toBe(false);
      rmSync(root, { recursive: true });
    }
  });
});
