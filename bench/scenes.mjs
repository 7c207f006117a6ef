import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { historyScene } from "./history.mjs";
import { PACKAGE_OF_1, PACKAGE_OF_20, PACKAGE_OF_100, writeArchive, writePackages, writeTree } from "./inputs.mjs";
import { store } from "./place.mjs";

/**
 * One play of several programs on the same input. In each round all steps run in turn, each after its own `before`,
 * which is not timed; a row compares two of them.
 * @typedef {object} Scene
 * @property {string} name
 * @property {number} rounds as a multiple of the rounds that were asked for
 * @property {() => string | false} [missing] what must be there first, when it is not
 * @property {(place: import("./place.mjs").Place, options: { scale: number, rounds: number }) => Step[] | Promise<Step[]>} prepare
 * @property {Row[]} rows
 *
 * @typedef {object} Step
 * @property {string} id
 * @property {(round: number) => void} [before]
 * @property {(round: number) => string[]} command
 *
 * @typedef {object} Row
 * @property {string} label
 * @property {string} ours the step that is judged
 * @property {string} theirs the step that it is compared with
 * @property {string} against
 * @property {number} [target] the ratio not to be exceeded
 */

const COUNTS = [10, 1000];

/** @type {Scene[]} */
export const SCENES = [
  treeScene("small", { label: "30,000 small files, 45 MB", files: 30_000, bytes: 45e6, target: 0.6 }),
  treeScene("large", { label: "500 MB, 6,000 files", files: 6000, bytes: 500e6, target: 0.7 }),
  archiveScene(),
  switchScene(),
  generationScene("generation-200", { label: "200 packages, 20,000 files", count: 200, shape: PACKAGE_OF_100 }),
  historyScene(),
  generationScene("generation-1000", { label: "1,000 packages, 20,000 files", count: 1000, shape: PACKAGE_OF_20 }),
];

function treeScene(name, { label, files, bytes, target }) {
  return {
    name,
    rounds: 1,
    prepare(place, { scale }) {
      const tree = place.make("tree");
      writeTree(tree, { files: Math.ceil(files * scale), bytes: bytes * scale, seed: files });
      const add = (as) => () => store("add", tree, "--name", as, "--version", "1");
      const steps = [
        { id: "add", before: () => place.freshStore(), command: add("tree") },
        { id: "again", command: add("tree") },
        { id: "checked", command: () => [...add("tree")(), "--checksum"] },
        { id: "renamed", command: add("other") },
        { id: "nix", before: () => place.freshNix(), command: () => ["nix-store", "--add", tree] },
      ];
      const flushed = {
        id: "nix-flushed",
        before: () => place.freshNix(),
        command: () => flushing(place, ["nix-store", "--add", tree]),
      };
      return place.inMemory ? steps : [...steps, flushed];
    },
    rows: [
      { label: `add a tree of ${label}`, ours: "add", theirs: "nix", against: "`nix-store --add`", target },
      { label: `add a tree of ${label}`, ours: "add", theirs: "nix-flushed", against: "`nix-store --add`, flushed" },
      { label: `add ${label} again`, ours: "again", theirs: "add", against: "first add", target: 0.5 },
      { label: `add ${label} again, \`--checksum\``, ours: "checked", theirs: "add", against: "first add" },
      { label: `add ${label} under another name`, ours: "renamed", theirs: "add", against: "first add" },
    ],
  };
}

function archiveScene() {
  const row = (kind, theirs, more) => ({
    label: `add a 300 MB .${kind}`,
    ours: kind,
    theirs: `${theirs} ${kind}`,
    ...more,
  });
  return {
    name: "archive",
    rounds: 1,
    prepare(place, { scale }) {
      const tree = place.make("made/package-1.0");
      writeTree(tree, { files: Math.ceil(3600 * scale), bytes: 300e6 * scale, seed: 3 });
      writeArchive(tree, place.path("package-1.0.tar"));
      place.clear("made");
      return ["tar", "tar.gz"].flatMap((kind) => {
        const archive = place.path(`package-1.0.${kind}`);
        const extract = ["tar", "xf", archive, "-C", place.path("out")];
        const before = () => {
          place.clear("out");
          place.make("out");
        };
        const steps = [
          { id: kind, before: () => place.freshStore(), command: () => store("add", archive) },
          { id: `tar ${kind}`, before, command: () => extract },
          { id: `summed ${kind}`, before, command: () => summing(place.path("out"), extract) },
        ];
        const flushed = { id: `flushed ${kind}`, before, command: () => flushing(place, extract) };
        return place.inMemory ? steps : [...steps, flushed];
      });
    },
    rows: ["tar", "tar.gz"].flatMap((kind) => [
      row(kind, "tar", { against: "`tar xf`", target: 1.5 }),
      row(kind, "summed", { against: "`tar xf`, then `sha256sum` of all files" }),
      row(kind, "flushed", { against: "`tar xf`, flushed" }),
    ]),
  };
}

/** What is unpacked is hashed, too, as in a store that can tell whether it was changed: by as many processes as processors. */
function summing(directory, command) {
  const script = 'd=$1; shift; "$@" && find "$d" -type f -print0 | xargs -0 -n 32 -P "$(nproc)" sha256sum > "$d.sums"';
  return ["sh", "-c", script, "summing", directory, ...command];
}

/** What others leave to the kernel the store waits for: that the content is on the disk. */
function flushing(place, command) {
  return ["sh", "-c", 'd=$1; shift; "$@" && sync -f "$d"', "flushing", place.directory, ...command];
}

function switchScene() {
  const what = ["switch", "rollback", "generations"];
  return {
    name: "switch",
    rounds: 3,
    prepare(place, { scale }) {
      const packages = place.make("packages");
      const small = { shape: PACKAGE_OF_1, seed: 1 };
      const names = writePackages(packages, { prefix: "p", count: Math.ceil(1000 * scale), ...small });
      writePackages(packages, { prefix: "more", count: 1, ...small });
      place.freshStore();
      for (const count of COUNTS) {
        const some = names.slice(0, count).map((name) => join(packages, name));
        place.store("install", "-p", `p${count}`, ...some);
        place.store("install", "-p", `p${count}`, join(packages, "more0-1.0"));
      }
      return [{ id: "node", command: () => [process.execPath, "-e", "0"] }, ...COUNTS.flatMap(stepsOf)];

      function stepsOf(count) {
        const profile = ["-p", `p${count}`];
        return [
          { id: `switch ${count}`, command: () => store("switch", "gen-1", ...profile) },
          { id: `generations ${count}`, command: () => store("generations", ...profile) },
          {
            id: `rollback ${count}`,
            before: () => place.store("switch", "gen-2", ...profile),
            command: () => store("rollback", ...profile),
          },
          // For the next round; it is one more switch, and not timed for a row.
          { id: `back ${count}`, command: () => store("switch", "gen-2", ...profile) },
        ];
      }
    },
    rows: what.flatMap((verb) => [
      ...COUNTS.map((count) => ({
        label: `\`${verb}\`, profile of ${count.toLocaleString("en")} packages`,
        ours: `${verb} ${count}`,
        theirs: "node",
        against: "`node -e 0`",
        target: 2,
      })),
      {
        label: `\`${verb}\`, profile of 1,000 packages`,
        ours: `${verb} 1000`,
        theirs: `${verb} 10`,
        against: "profile of 10",
      },
    ]),
  };
}

function generationScene(name, { label, count, shape }) {
  return {
    name,
    rounds: 1,
    prepare(place, { scale, rounds }) {
      const packages = place.make("packages");
      const names = writePackages(packages, { prefix: "p", count: Math.ceil(count * scale), shape, seed: count });
      // What was made once is found again: so each round has a package of its own.
      const extra = writePackages(packages, { prefix: "round", count: rounds, shape: PACKAGE_OF_1, seed: 2 });
      const sources = [...names, ...extra].map((each) => join(packages, each));
      place.freshStore();
      place.store("install", "-p", "seed", ...sources);
      const listed = JSON.parse(place.store("list", "-p", "seed", "--json"));
      const ours = new Map(listed.map(({ name: title, version, path }) => [`${title}-${version}`, path]));
      place.freshNix();
      const added = place
        .run("nix-store", "--add", ...sources)
        .trim()
        .split("\n");
      const theirs = new Map(added.map((path) => [path.replace(/^.*\/[^-]*-/, ""), path]));
      const inRound = (round, paths) => [...names, extra[round]].map((each) => paths.get(each));
      const emptyTarget = () => {
        rmSync(place.path("target"), { recursive: true, force: true });
        mkdirSync(place.path("target"));
      };
      return [
        { id: "store", command: (round) => store("install", "-p", `round-${round}`, ...inRound(round, ours)) },
        {
          id: "nix",
          command: (round) => ["nix-env", "-p", place.path(`profile-${round}`), "-i", ...inRound(round, theirs)],
        },
        {
          id: "stow",
          before: emptyTarget,
          command: (round) => ["stow", "-d", packages, "-t", place.path("target"), ...names, extra[round]],
        },
      ];
    },
    rows: [
      { label: `new generation of ${label}`, ours: "store", theirs: "nix", against: "`nix-env -i`", target: 2 },
      { label: `new generation of ${label}`, ours: "store", theirs: "stow", against: "`stow`", target: 1 },
    ],
  };
}
