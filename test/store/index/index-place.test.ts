import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gc } from "../../../src/operations/collection/gc.ts";
import { doctor } from "../../../src/operations/upkeep/doctor.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import type { Notice, StoreContext } from "../../../src/store/context.ts";
import { indexPlace } from "../../../src/store/index/index-place.ts";
import { openIndex } from "../../../src/store/index/open-index.ts";
import { isSealed } from "../../../src/store/index/seal.ts";
import { openStoreAt, type Store } from "../../../src/store/open-store.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { DEFAULT } from "../../helpers/profile-worlds.ts";
import { addTree, fakeContext, makeWorld } from "../../helpers/worlds.ts";

const NFS = 0x6969n;
const EXT4 = 0xef53n;

/** A directory below which `mounted` (more may be added) counts as NFS, as everything else does as local. */
function networkWorld(...mounted: readonly string[]) {
  const { directory } = makeWorld({ memory: true });
  const network = mounted.map((name) => join(directory, name));
  patchFs("statfsSync", () => (path: string) => {
    if (!existsSync(path)) throw errno("ENOENT");
    return { type: network.some((place) => path === place || path.startsWith(`${place}/`)) ? NFS : EXT4 };
  });
  const notices: Notice[] = [];
  const home = join(directory, "home");
  const open = (changes: Partial<StoreContext> & { readonly adminDir?: string } = {}): Promise<Store> => {
    const { adminDir, ...context } = { env: { HOME: home }, ...changes };
    const notice = (each: Notice) => void notices.push(each);
    return openStoreAt({
      root: join(directory, "s"),
      ...(adminDir !== undefined && { adminDir }),
      context: fakeContext({ notice, ...context }),
    });
  };
  return { directory, home, notices, open };
}

async function ask(store: Store): Promise<string[]> {
  await using index = await openIndex(store);
  return [...index.names()];
}

/** What LMDB and its seal left in the store's own index/. */
const ownFiles = ({ layout }: Store) => readdirSync(layout.index).filter((name) => /mdb|seal|scratch/.test(name));

describe("the place of the index", () => {
  it("is the store, on a disk of this machine, and nothing is said of it", async () => {
    const { open, notices } = networkWorld("elsewhere");
    const store = await open();
    expect(indexPlace(store)).toEqual({ path: store.layout.index, network: undefined });
    await ask(store);
    expect(ownFiles(store)).toContain("data.mdb");
    expect(notices).toEqual([]);
  });

  it("is the user's cache where the store lies on a network filesystem; its own index/ stays without LMDB's files", async () => {
    const { open, home } = networkWorld("s");
    const store = await open();
    const path = join(home, ".cache/store-index", store.file.id);
    expect(indexPlace(store)).toEqual({ path, network: "NFS" });
    const { manifest } = await addTree(store, { a: "" });
    expect(await ask(store)).toEqual([manifest.path]);
    expect(isSealed({ directory: path, storeId: store.file.id })).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await verify(store, { profile: DEFAULT, cwd: "/", contents: true });
    await repair(store, { profile: DEFAULT, cwd: "/" });
    await gc(store);
    expect(await ask(store)).toEqual([]);
    expect(ownFiles(store)).toEqual([]);
  });

  it("follows the administration, wherever the objects lie", async () => {
    const world = networkWorld("admin");
    const store = await world.open({ adminDir: join(world.directory, "admin") });
    expect(indexPlace(store)).toEqual({ path: join(world.home, ".cache/store-index", store.file.id), network: "NFS" });
    await ask(store);
    expect(ownFiles(store)).toEqual([]);
    expect(world.notices).toMatchObject([{ message: expect.stringContaining(`${store.layout.admin} lies on NFS`) }]);
  });

  it("stays in an administration on a local disk when only the objects lie on the network", async () => {
    const world = networkWorld("s");
    const store = await world.open({ adminDir: join(world.directory, "admin") });
    expect(indexPlace(store)).toEqual({ path: store.layout.index, network: undefined });
    expect(world.notices).toEqual([]);
  });

  it("is below $XDG_CACHE_HOME, unless that is empty or relative; a home that is none is that of the list of users", async () => {
    const { open, home, directory } = networkWorld("s");
    const { file } = await open();
    const pathFor = async (env: StoreContext["env"]) => indexPlace(await open({ env })).path;
    const inHome = join(home, ".cache/store-index", file.id);
    const cache = join(directory, "cache");
    expect(await pathFor({ HOME: home, XDG_CACHE_HOME: cache })).toBe(join(cache, "store-index", file.id));
    for (const XDG_CACHE_HOME of ["", ".cache", "./cache", undefined])
      expect(await pathFor({ HOME: home, XDG_CACHE_HOME })).toBe(inHome);
    const registered = join(userInfo().homedir, ".cache/store-index", file.id);
    for (const HOME of ["", "home", undefined]) expect(await pathFor({ HOME })).toBe(registered);
  });
});

describe("that the index lies elsewhere", () => {
  it("is told when the store is made, and not again", async () => {
    const { open, notices, home } = networkWorld("s");
    const { file } = await open();
    const path = join(home, ".cache/store-index", file.id);
    const told = { message: expect.stringContaining(`${path}, since the store lies on NFS`), isWarning: true };
    expect(notices).toMatchObject([told]);
    for (let times = 0; times < 2; times++) {
      const store = await open();
      await ask(store);
      await verify(store, { profile: DEFAULT, cwd: "/", contents: true });
    }
    expect(notices).toHaveLength(1);
  });

  it("is told once to another user, or on another machine", async () => {
    const { open, notices, directory } = networkWorld("s");
    await open();
    const env = { HOME: join(directory, "other") };
    for (let times = 0; times < 2; times++) await ask(await open({ env }));
    expect(notices).toHaveLength(2);
    expect(notices[1]).toMatchObject({ message: expect.stringContaining(env.HOME) });
  });
});

describe("where no cache directory can be used", () => {
  const whyNot: Readonly<Record<string, (home: string) => void>> = {
    "since something else is there": (home) => writeFileSync(home, ""),
    "since its filesystem takes no directories": () => {},
    "since it may not be written": (home) => {
      mkdirSync(home);
      chmodSync(home, 0o500);
      patchFs("mkdirSync", (original) => (...args: never[]) => {
        if (String(args[0]).startsWith(home)) throw errno("EACCES");
        return (original as (...args: never[]) => unknown)(...args);
      });
    },
    "since it lies on the network, too": (home) => void mkdirSync(home),
  };
  for (const [why, prepare] of Object.entries(whyNot)) {
    it(`${why}, questions are answered from memory, which is said when the store is made`, async () => {
      const isNetwork = why.includes("network");
      const { open, home, notices } = networkWorld("s", ...(isNetwork ? ["home"] : []));
      prepare(home);
      const env = { HOME: why.includes("takes no") ? "/proc/store-test" : home };
      const store = await open({ env });
      const said = {
        message: expect.stringMatching(/^the index of the store is kept nowhere.*NFS/),
        hint: expect.stringContaining("$XDG_CACHE_HOME"),
        isWarning: true,
      };
      expect(notices).toMatchObject([said]);
      const { manifest } = await addTree(store, { a: "" });
      for (let times = 0; times < 2; times++) expect(await ask(await open({ env }))).toEqual([manifest.path]);
      await verify(store, { profile: DEFAULT, cwd: "/", contents: true });
      await repair(store, { profile: DEFAULT, cwd: "/" });
      expect(ownFiles(store)).toEqual([]);
      expect(notices).toHaveLength(1);
    });
  }
});

it("doctor says where the index lies, and when it lies nowhere", async () => {
  const { open, home, directory } = networkWorld("s", "shared");
  const store = await open();
  const said = async (of: Store) => {
    const told = await doctor({ profile: DEFAULT, env: of.context.env, open: async () => of });
    return told.find(({ topic }) => topic === "index");
  };
  mkdirSync(join(directory, "shared"));
  const path = join(home, ".cache/store-index", store.file.id);
  expect(await said(store)).toMatchObject({ state: "ok", text: `none yet at ${path}; the first question makes it` });
  await ask(store);
  expect(await said(store)).toMatchObject({ state: "ok", text: `whole at ${path}` });
  expect(await said(await open({ env: { HOME: join(directory, "shared") } }))).toMatchObject({
    state: "warn",
    text: expect.stringContaining("kept nowhere"),
    advice: expect.stringContaining("$XDG_CACHE_HOME"),
  });
});
