import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { hashBlob } from "../../src/model/git-object.ts";
import type { BaseName } from "../../src/model/ids.ts";
import type { FindingKind } from "../../src/model/verify/finding.ts";
import { listObjects } from "../../src/store/manifests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { installFrom, makeProfileWorld, type ProfileWorld } from "./profile-worlds.ts";
import { addTree, DIRECTORY, type TreeData } from "./worlds.ts";

export interface DamageWorld extends Omit<ProfileWorld, "store"> {
  readonly store: Store;
  /** Absolute path of something in an object. */
  at(name: string, path: string): string;
  object(name: string): BaseName;
}

/** Mentions the store and itself, has links, an executable, an empty directory and a name that is not UTF-8. */
const TREE = (store: Store, name: string): TreeData => ({
  "bin/run": { exec: "#!/bin/sh\necho run\n" },
  "lib/libx.so.1": "the library",
  "lib/libx.so": { link: "libx.so.1" },
  "share/doc/same": "shared by all",
  "share/self": `${store.layout.canonicalStoreDir}/${"0".repeat(32)}-${name}-1 is here`,
  "var/empty": DIRECTORY,
});

/**
 * Packages a and c are the same but for their names; b shares one file with them. All are installed, gen-1 to gen-3.
 * Two more objects hold everything of them too, in files of their own: good bytes for what is damaged in place.
 */
export async function makeDamageWorld({ spare = true } = {}): Promise<DamageWorld> {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const name of ["a", "c"])
    await installFrom(store, { from: world.source(`${name}-1`, rootedIn(store, name)), cwd: "/" });
  await installFrom(store, world.source("b-1", { "share/doc/same": "shared by all", own: "only in b" }));
  const objects = new Map(listObjects(store).map((each) => [each.slice(33), each]));
  if (spare) {
    const copies = { version: "1", method: "copy" } as const;
    await addTree(store, { ...TREE(store, "d"), own: "only in b" }, { ...copies, name: "d" });
    // The same name in canonical form: what mentions itself is the same there, and another file here.
    await addTree(store, { self: TREE(store, "a")["share/self" as never] }, { ...copies, name: "a" });
  }
  // Otherwise everything could be had again from there.
  removeTree(join(world.directory, "sources"));
  const object = (name: string) => objects.get(`${name}-1`) as BaseName;
  return { ...world, store, object, at: (name, path) => join(store.layout.storeDir, object(name), path) };
}

/** a and c would want the same paths in the forest: each has a directory of its own name. */
function rootedIn(store: Store, name: string): TreeData {
  return Object.fromEntries(Object.entries(TREE(store, name)).map(([path, entry]) => [`${name}/${path}`, entry]));
}

export interface Damage {
  readonly name: string;
  damage(world: DamageWorld): void;
  /** What is found, as `kind` and the end of the subject, with --contents. */
  readonly finds: readonly (readonly [kind: FindingKind, subject: string])[];
  /** Only reading the contents finds it. */
  readonly hidden?: boolean;
}

const FILE = "a/share/doc/same";
const POOLED = hashBlob(Buffer.from("shared by all"));

const LOST_MANIFEST: Damage["finds"] = [
  ["lost-manifest", "a-1"],
  ["missing-reference", "profile-default"],
  ["missing-reference", "profile-default"],
  ["missing-reference", "profile-default"],
  ["generation", "default/gen-1"],
  ["generation", "default/gen-2"],
  ["generation", "default/gen-3"],
];

export const DAMAGES: readonly Damage[] = [
  {
    name: "a bit flip in a file that three objects and the pool share",
    damage: ({ at }) => flip(at("a", FILE)),
    finds: [
      ["pool-file", POOLED],
      ["changed-file", "a-1/a/share/doc/same"],
      ["changed-file", "b-1/share/doc/same"],
      ["changed-file", "c-1/c/share/doc/same"],
    ],
    hidden: true,
  },
  {
    name: "a bit flip in a file that mentions the store",
    damage: ({ at }) => flip(at("a", "a/share/self")),
    finds: [
      ["pool-file", ""],
      ["changed-file", "a-1/a/share/self"],
    ],
    hidden: true,
  },
  {
    name: "a truncated executable",
    damage: ({ at }) => keepingFrozen(at("a", "a/bin/run"), (path) => truncateSync(path, 3)),
    finds: [
      ["pool-file", "x"],
      ["changed-file", "a-1/a/bin/run"],
      ["changed-file", "c-1/c/bin/run"],
    ],
  },
  {
    name: "a file with other content, of its own",
    damage: ({ at }) => replaceWith(at("a", FILE), (path) => writeFileSync(path, "other")),
    finds: [["changed-file", "a-1/a/share/doc/same"]],
  },
  {
    name: "a missing file",
    damage: ({ at }) => inWritable(at("a", FILE), unlinkSync),
    finds: [["missing-file", "a-1/a/share/doc/same"]],
  },
  {
    name: "a missing directory",
    damage: ({ at }) => inWritable(at("a", "a/share"), removeTree),
    finds: [["missing-file", "a-1/a/share"]],
  },
  {
    name: "a missing empty directory",
    damage: ({ at }) => inWritable(at("a", "a/var/empty"), removeTree),
    finds: [["missing-file", "a-1/a/var/empty"]],
  },
  {
    name: "an extra file",
    damage: ({ at }) => inWritable(at("a", "a/lib/cache"), (path) => writeFileSync(path, "mine")),
    finds: [["extra-file", "a-1/a/lib/cache"]],
  },
  {
    name: "an extra directory",
    damage: ({ at }) => inWritable(at("a", "a/lib/more/deep"), (path) => mkdirSync(path, { recursive: true })),
    finds: [["extra-file", "a-1/a/lib/more"]],
  },
  {
    name: "a file in the place of a directory",
    damage: ({ at }) =>
      inWritable(at("a", "a/share"), (path) => {
        removeTree(path);
        writeFileSync(path, "");
      }),
    finds: [["wrong-kind", "a-1/a/share"]],
  },
  {
    name: "a directory in the place of a file",
    damage: ({ at }) => replaceWith(at("a", FILE), (path) => mkdirSync(path)),
    finds: [["wrong-kind", "a-1/a/share/doc/same"]],
  },
  {
    name: "a link that leads elsewhere",
    damage: ({ at }) => replaceWith(at("a", "a/lib/libx.so"), (path) => symlinkSync("libx.so.9", path)),
    finds: [["wrong-link", "a-1/a/lib/libx.so"]],
  },
  {
    name: "a mode that lets the owner write",
    damage: ({ at }) => chmodSync(at("a", FILE), 0o644),
    finds: [
      ["pool-file", ""],
      ["wrong-mode", "a-1/a/share/doc/same"],
      ["wrong-mode", "b-1/share/doc/same"],
      ["wrong-mode", "c-1/c/share/doc/same"],
    ],
  },
  {
    name: "an executable that is none any more",
    damage: ({ at }) => chmodSync(at("a", "a/bin/run"), 0o444),
    finds: [
      ["pool-file", "x"],
      ["wrong-mode", "a-1/a/bin/run"],
      ["wrong-mode", "c-1/c/bin/run"],
    ],
  },
  {
    name: "a directory that can be written to",
    damage: ({ at }) => chmodSync(at("a", "a/lib"), 0o755),
    finds: [["wrong-mode", "a-1/a/lib"]],
  },
  {
    name: "a wrong time of a link",
    damage: ({ at }) => lutimesSync(at("a", "a/lib/libx.so"), 5, 5),
    finds: [["wrong-time", "a-1/a/lib/libx.so"]],
  },
  {
    name: "a missing object",
    damage: ({ at }) => removeTree(at("a", "")),
    finds: [
      ["missing-object", "a-1"],
      ["generation", "default/gen-1"],
      ["generation", "default/gen-2"],
      ["generation", "default/gen-3"],
    ],
  },
  {
    name: "a lost manifest",
    damage: ({ store, object }) => unlinkSync(join(store.layout.manifests, `${object("a")}.json`)),
    finds: LOST_MANIFEST,
  },
  {
    name: "an empty manifest",
    damage: ({ store, object }) => writeFileSync(join(store.layout.manifests, `${object("a")}.json`), ""),
    finds: [["damaged-manifest", "a-1"]],
  },
  {
    name: "a manifest with another tree id",
    damage: ({ store, object }) =>
      edit(join(store.layout.manifests, `${object("a")}.json`), /"treeId": "..../, '"treeId": "0000'),
    finds: [["damaged-manifest", "a-1"]],
  },
  {
    name: "a manifest with another size",
    damage: ({ store, object }) => edit(join(store.layout.manifests, `${object("a")}.json`), /"size": \d/, '"size": 9'),
    finds: [["damaged-manifest", "a-1"]],
  },
  {
    name: "a lost file list",
    damage: ({ store, object }) => unlinkSync(join(store.layout.manifests, `${object("a")}.files`)),
    finds: [["damaged-list", "a-1"]],
  },
  {
    name: "a file list with another id",
    damage: ({ store, object }) => edit(join(store.layout.manifests, `${object("a")}.files`), / [0-9a-f]{4}/, " 0000"),
    finds: [["damaged-list", "a-1"]],
  },
  {
    name: "a file list with another local id",
    damage: ({ store, object }) =>
      edit(join(store.layout.manifests, `${object("a")}.files`), /( \d+ )[0-9a-f]{4}/, "$10000"),
    finds: [["damaged-list", "a-1"]],
    hidden: true,
  },
  {
    name: "a generation whose link leads elsewhere",
    damage: ({ store }) => relink(join(store.layout.profiles, "default/gen-1"), "../../elsewhere"),
    finds: [["generation", "default/gen-1"]],
  },
  {
    name: "a damaged record of a generation",
    damage: ({ store }) => writeFileSync(join(store.layout.profiles, "default/gen-2.json"), "{"),
    finds: [["generation", "default/gen-2"]],
  },
  {
    name: "a lost record of a generation",
    damage: ({ store }) => unlinkSync(join(store.layout.profiles, "default/gen-2.json")),
    finds: [["generation", "default/gen-2"]],
  },
  {
    name: "a lost record of the empty generation",
    damage: ({ store }) => unlinkSync(join(store.layout.profiles, "default/gen-0.json")),
    finds: [["generation", "default/gen-0"]],
  },
  {
    name: "a missing forest",
    damage: ({ store }) => removeTree(forestOf(store, 3)),
    finds: [
      ["missing-object", "profile-default"],
      ["generation", "default/gen-3"],
    ],
  },
  {
    name: "a forest that is gone with its manifest",
    damage: ({ store }) => {
      const forest = forestOf(store, 3);
      removeTree(forest);
      unlinkSync(join(store.layout.manifests, `${forest.split("/").at(-1)}.json`));
      unlinkSync(join(store.layout.manifests, `${forest.split("/").at(-1)}.files`));
    },
    finds: [["generation", "default/gen-3"]],
  },
  {
    name: "a forest with a link to elsewhere",
    damage: ({ store }) => replaceWith(join(forestOf(store, 3), "a"), (path) => symlinkSync("../x", path)),
    finds: [["wrong-link", "profile-default/a"]],
  },
  {
    name: "a lost live link",
    damage: ({ store }) => unlinkSync(join(store.layout.profiles, "default/current")),
    finds: [["profile", "default/current"]],
  },
  {
    name: "a live link with a zero in front of its number",
    damage: ({ store }) => relink(join(store.layout.profiles, "default/current"), "gen-03"),
    finds: [["profile", "default/current"]],
  },
  {
    name: "a previous link with a zero in front of its number",
    damage: ({ store }) => relink(join(store.layout.profiles, "default/previous"), "gen-02"),
    finds: [["profile", "default/previous"]],
  },
  {
    name: "a live link to a generation that is not there",
    damage: ({ store }) => relink(join(store.layout.profiles, "default/current"), "gen-9"),
    finds: [["profile", "default/current"]],
  },
  {
    name: "a lost link to what was live before",
    damage: ({ store }) => unlinkSync(join(store.layout.profiles, "default/previous")),
    finds: [["profile", "default/previous"]],
  },
  {
    name: "a lost record of a profile",
    damage: ({ store }) => unlinkSync(join(store.layout.profiles, "default/profile.json")),
    finds: [["profile", "default/profile.json"]],
  },
  {
    name: "damaged pins",
    damage: ({ store }) => writeFileSync(join(store.layout.profiles, "default/pins.json"), "[]"),
    finds: [["pins", "default/pins.json"]],
  },
  {
    name: "a damaged line of the log",
    damage: ({ store }) => edit(join(store.layout.log, "000001.jsonl"), /"user"/, '"USER"'),
    finds: [["log", "log/000001.jsonl:1"]],
  },
  {
    name: "a log that has lost its end",
    damage: ({ store }) => edit(join(store.layout.log, "000001.jsonl"), /(?:.*\n){5}$/, ""),
    finds: [["log", "log/000001.jsonl"]],
  },
  {
    name: "a log without a valid line",
    damage: ({ store }) => writeFileSync(lastSegment(store), "no record\n"),
    finds: [["log", "log/000001.jsonl:1"]],
  },
  {
    name: "an empty log",
    damage: ({ store }) => writeFileSync(lastSegment(store), ""),
    finds: [["log", ""]],
  },
  {
    name: "a log that is not there",
    damage: ({ store }) => rmSync(store.layout.log, { recursive: true }),
    finds: [["log", "log"]],
  },
  // A link that leads nowhere is none.
  ...otherKinds("a manifest", ({ store, object }) => join(store.layout.manifests, `${object("a")}.json`), [
    ["damaged-manifest", "a-1"],
  ]).map((damage) => (damage.name.includes("a link") ? { ...damage, finds: LOST_MANIFEST } : damage)),
  ...otherKinds("a file list", ({ store, object }) => join(store.layout.manifests, `${object("a")}.files`), [
    ["damaged-list", "a-1"],
  ]),
  ...otherKinds("the record of a generation", profileFile("gen-2.json"), [["generation", "default/gen-2"]]),
  ...otherKinds("the record of the empty generation", profileFile("gen-0.json"), [["generation", "default/gen-0"]]),
  ...otherKinds("the record of a profile", profileFile("profile.json"), [["profile", "default/profile.json"]]),
  ...otherKinds("the pins", profileFile("pins.json"), [["pins", "default/pins.json"]]),
  ...otherKinds("the live link", profileFile("current"), [["profile", "default/current"]]),
  ...otherKinds("a generation's link", profileFile("gen-1"), [["generation", "default/gen-1"]]),
  ...otherKinds("the log", ({ store }) => lastSegment(store), [["log", ".jsonl"]]),
  ...otherKinds("a file of the pool", ({ store }) => pooledFile(store), [["pool-file", POOLED]]),
  {
    name: "a pipe in the place of an object",
    damage: ({ at }) => {
      removeTree(at("a", ""));
      makePipe(at("a", "").replace(/\/$/, ""));
    },
    finds: [["missing-object", "a-1"]],
  },
  {
    name: "something among the objects that is none",
    damage: ({ store }) => writeFileSync(join(store.layout.storeDir, "notes.txt"), "mine"),
    finds: [["stray", "notes.txt"]],
  },
  {
    name: "a damaged source",
    damage: ({ store }) => {
      const directory = join(store.layout.sources, "sha256/ab");
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "ab".repeat(32)), "not that");
    },
    finds: [["source", `sources/sha256/ab/${"ab".repeat(32)}`]],
    hidden: true,
  },
  {
    name: "damaged files of a commit",
    damage: ({ store }) => {
      const directory = join(store.layout.sources, "git/trees/cd", "cd".repeat(32));
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "file"), "not that");
    },
    finds: [["source", `sources/git/trees/cd/${"cd".repeat(32)}`]],
    hidden: true,
  },
];

/** A directory, a link to itself and a pipe in the place of a file. */
function otherKinds(what: string, place: (world: DamageWorld) => string, finds: Damage["finds"]): Damage[] {
  const kinds: readonly (readonly [string, (path: string) => void])[] = [
    ["a directory", (path) => writeFileSync(join(mkdirSync(path, { recursive: true }) ?? path, "inside"), "")],
    ["a link to itself", (path) => symlinkSync(basename(path), path)],
    ["a pipe", makePipe],
  ];
  return kinds.map(([kind, make]) => ({
    name: `${kind} in the place of ${what}`,
    damage: (world) => {
      const path = place(world);
      unlinkSync(path);
      make(path);
    },
    finds,
  }));
}

function pooledFile({ layout }: Store): string {
  return join(layout.files, POOLED.slice(0, 2), POOLED);
}

function makePipe(path: string): void {
  execFileSync("mkfifo", [path]);
}

function profileFile(name: string) {
  return ({ store }: DamageWorld) => join(store.layout.profiles, "default", name);
}

function lastSegment({ layout }: Store): string {
  const names = readdirSync(layout.log).filter((name) => /^\d+\.jsonl$/.test(name));
  return join(layout.log, names.sort().at(-1) as string);
}

function forestOf(store: Store, generation: number): string {
  const record = JSON.parse(readFileSync(join(store.layout.profiles, `default/gen-${generation}.json`), "utf8"));
  return join(store.layout.storeDir, record.path);
}

/** Changes a byte in place as a bad disk does: nothing but reading it tells. */
export function flip(path: string, at = 3, bit = 1): void {
  keepingFrozen(path, () => {
    const fd = openSync(path, "r+");
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, at);
    writeSync(fd, Buffer.of((byte[0] as number) ^ bit), 0, 1, at);
    closeSync(fd);
  });
}

function keepingFrozen(path: string, action: (path: string) => void): void {
  const { mode } = statSync(path);
  chmodSync(path, 0o644);
  action(path);
  chmodSync(path, mode);
  utimesSync(path, 1, 1);
}

/** Does something in a directory of an object, which looks as before afterwards. */
export function inWritable(path: string, action: (path: string) => void): void {
  const directory = existsSync(dirname(path)) ? dirname(path) : dirname(dirname(path));
  chmodSync(directory, 0o755);
  action(path);
  chmodSync(directory, 0o555);
  utimesSync(directory, 1, 1);
}

export function replaceWith(path: string, make: (path: string) => void): void {
  inWritable(path, () => {
    unlinkSync(path);
    make(path);
    if (!existsSync(path)) lutimesSync(path, 1, 1);
    else {
      chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
      utimesSync(path, 1, 1);
    }
  });
}

function edit(path: string, pattern: RegExp, text: string): void {
  writeFileSync(path, readFileSync(path, "utf8").replace(pattern, text));
}

function relink(path: string, target: string): void {
  symlinkSync(target, `${path}.new`);
  renameSync(`${path}.new`, path);
}
