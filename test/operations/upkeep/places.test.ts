import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ByteString, parseEscaped, toBytes } from "../../../src/model/byte-string.ts";
import { gc } from "../../../src/operations/collection/gc.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { type VerifyResult, verify } from "../../../src/operations/upkeep/verify.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { DEFAULT, installFrom, liveFiles, makeProfileWorld } from "../../helpers/profile-worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/", contents: true };

const KINDS: Readonly<Record<string, (path: string) => void>> = {
  "a pipe": (path) => void execFileSync("mkfifo", [path]),
  "a link to itself": (path) => symlinkSync(basename(path), path),
  "a link that leads nowhere": (path) => symlinkSync("/nonexistent/directory", path),
};

async function withOne() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  return { world, store, at: (path: string) => join(store.layout.root, path) };
}

function told({ damaged, repaired }: VerifyResult): string[] {
  return [...damaged, ...repaired].map(({ kind, subject }) => `${kind} ${subject}`).sort();
}

const DIRECTORIES = [
  "archives",
  "build-logs",
  "builds",
  "files",
  "files/07",
  "index",
  "log/torn",
  "locks",
  "roots",
  "roots/leases",
];
const MORE_DIRECTORIES = ["roots/links", "roots/named", "sources", "tmp", "trash", "twins"];
const LOCKS = [
  "locks/log",
  "locks/repair",
  "roots/collecting",
  "roots/leases/0123456789abcdef",
  "tmp/0123456789abcdef.lock",
];

describe("what lies in the place of a directory or a lock is found, and kept aside by a repair", () => {
  it.each([
    ...[...DIRECTORIES, ...MORE_DIRECTORIES, ...LOCKS].map((name) => ["a link to itself", name] as const),
    ...["locks", "tmp", "files", "locks/log"].map((name) => ["a pipe", name] as const),
    ...["locks", "tmp", "builds", "locks/log"].map((name) => ["a link that leads nowhere", name] as const),
  ])("%s as %s", async (kind, name) => {
    const { world, store, at } = await withOne();
    mkdirSync(dirname(at(name)), { recursive: true });
    removeTree(at(name));
    KINDS[kind]?.(at(name));
    const finding = `wrong-kind ${name}`;
    expect(told(await verify(store, REQUEST))).toEqual([finding]);
    const repaired = await repair(store, REQUEST);
    expect(repaired.damaged).toEqual([]);
    expect(told(repaired)).toContain(finding);
    expect(readdirSync(at("aside")).flatMap((room) => readdirSync(join(at("aside"), room)))).toContain(basename(name));
    expect((await verify(store, REQUEST)).damaged).toEqual([]);
    await installFrom(store, world.source("b-1", { b: "b" }));
    await gc(store);
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
  });
});

describe("what its owner may not use", () => {
  it.each(
    ["archives", "builds", "index", "locks", "locks/log", "log", "log/000001.jsonl", "manifests", "profiles"].concat([
      "profiles/default",
      "profiles/default/gen-1.json",
      "roots",
      "sources",
      "tmp",
      "trash",
    ]),
  )("is found and opened: %s", async (name) => {
    const { store, at } = await withOne();
    mkdirSync(at("archives"), { recursive: true });
    chmodSync(at(name), 0);
    // Root may use it all the same.
    expect(told(await verify(store, REQUEST))).toEqual([`wrong-mode ${name}`]);
    expect(told(await repair(store, REQUEST))).toEqual([`wrong-mode ${name}`]);
    expect(statSync(at(name)).mode & 0o600).toBe(name.endsWith(".json") ? 0o400 : 0o600);
    expect((await verify(store, REQUEST)).damaged).toEqual([]);
  });

  it("is told before all that it hides, which is looked at and repaired in the same run", async () => {
    const { store, at } = await withOne();
    chmodSync(at("profiles/default"), 0);
    unlinkSync(at("profiles/default/gen-1.json"));
    const notices: string[] = [];
    const heard = {
      ...store,
      context: { ...store.context, notice: ({ message }: { message: string }) => void notices.push(message) },
    };
    expect(told(await verify(heard, REQUEST))).toEqual(["wrong-mode profiles/default"]);
    expect(notices).toEqual([expect.stringContaining("store verify --repair")]);
    const repaired = await repair(store, REQUEST);
    expect(repaired.damaged).toEqual([]);
    expect(told(repaired)).toEqual(expect.arrayContaining(["generation default/gen-1", "wrong-mode profiles/default"]));
    expect(existsSync(at("profiles/default/gen-1.json"))).toBe(true);
  });
});

it("what lies in the place of aside/ is kept in it", async () => {
  const { store, at } = await withOne();
  writeFileSync(at("aside"), "mine");
  expect(told(await repair(store, REQUEST))).toEqual(["wrong-kind aside"]);
  const [room = ""] = readdirSync(at("aside"));
  const kept = readdirSync(join(at("aside"), room));
  expect(kept.map((name) => readFileSync(join(at("aside"), room, name), "utf8"))).toEqual(["mine"]);
  expect((await verify(store, REQUEST)).damaged).toEqual([]);
});

it("a link to a directory elsewhere is as good as one", async () => {
  const { world, store, at } = await withOne();
  const elsewhere = join(world.directory, "elsewhere");
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, at("archives"));
  expect((await verify(store, REQUEST)).damaged).toEqual([]);
});

describe("a name that is not UTF-8 is found where the program asks for every name, and kept aside", () => {
  it.each([
    ["a profile", "profiles/q%FF"],
    ["an object", "pkgs/q%FF"],
    ["a file of the pool", "files/00/q%25%FF"],
    ["a source", "sources/sha256/00/q%FF"],
  ])("as %s", async (_, subject) => {
    const { world, store } = await withOne();
    const [directory, name] = [dirname(subject), basename(subject)];
    const place = directory === "pkgs" ? store.layout.storeDir : join(store.layout.root, directory);
    const path = Buffer.concat([Buffer.from(`${place}/`), toBytes(parseEscaped(name) as ByteString)]);
    mkdirSync(path, { recursive: true });
    const seen = await verify(store, REQUEST);
    expect([...seen.damaged, ...seen.leftovers].map((finding) => basename(finding.subject))).toEqual([name]);
    const repaired = await repair(store, REQUEST);
    expect(repaired.damaged).toEqual([]);
    expect([...repaired.repaired, ...repaired.leftovers]).toMatchObject([
      { outcome: { from: expect.stringMatching(/^moved to aside\//) } },
    ]);
    expect(existsSync(path)).toBe(false);
    await installFrom(store, world.source("b-1", { b: "b" }));
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
  });
});

describe("what was done about the log is told as it was", () => {
  async function howOf(damage: (log: string) => void) {
    const { store, at } = await withOne();
    damage(at("log"));
    const { repaired } = await repair(store, REQUEST);
    return repaired.flatMap(({ kind, outcome }) => (kind === "log" && "from" in outcome ? [outcome.from] : []));
  }

  it("when a pipe was moved from the place of no record", async () => {
    expect(await howOf((log) => KINDS["a pipe"]?.(join(log, "000002.jsonl")))).toEqual([
      expect.stringMatching(/^moved to aside\/[^;]+$/),
    ]);
  });

  it("when nobody knows what was lost", async () => {
    const dropFirst = (log: string) => {
      const lines = readFileSync(join(log, "000001.jsonl"), "utf8").split("\n");
      writeFileSync(join(log, "000001.jsonl"), lines.toSpliced(1, 1).join("\n"));
    };
    expect(await howOf(dropFirst)).toEqual(["the log goes on without what was lost"]);
  });

  it("when all of it was lost", async () => {
    expect(await howOf((log) => writeFileSync(join(log, "000001.jsonl"), ""))).toEqual([
      "written anew from the generations",
    ]);
  });
});

describe("what a repair leaves to a collection", () => {
  it("is not told as repaired: the twin of an object that is gone", async () => {
    const { store, at } = await withOne();
    mkdirSync(at("twins/gone"), { recursive: true });
    const { leftovers } = await repair(store, REQUEST);
    expect(leftovers.map(({ subject, outcome }) => [subject, outcome.state])).toEqual([["twins/gone", "found"]]);
  });
});
