import { appendFileSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findMpfr, writeBuildGraph, writeMpfrRecipe } from "./build-inputs.mjs";
import { writeTree } from "./inputs.mjs";
import { store } from "./place.mjs";

const BUILDS = 200;

/** @type {import("./scenes.mjs").Scene[]} */
export const BUILD_SCENES = [nothingToDoScene(), trivialScene(), mpfrScene(), outputScene()];

function nothingToDoScene() {
  return {
    name: "build-nothing",
    rounds: 3,
    prepare(place, { scale }) {
      const top = writeBuildGraph(place.directory, Math.ceil(BUILDS * scale));
      const ours = ["build", "--recipes", place.path("recipes"), top];
      const theirs = ["nix-build", place.path("graph.nix"), "--no-out-link"];
      place.freshStore();
      place.store(...ours);
      // From now on the recipes are as old as a clock can tell: what is asked for again is remembered.
      place.store(...ours);
      place.freshNix();
      place.run(...theirs);
      return [
        { id: "store", command: () => store(...ours) },
        { id: "nix", command: () => theirs },
        { id: "node", command: () => [process.execPath, "-e", "0"] },
      ];
    },
    rows: [
      {
        label: "`build` of 200 derivations, nothing to do",
        ours: "store",
        theirs: "nix",
        against: "`nix-build`",
        target: 2,
      },
      { label: "`build` of 200 derivations, nothing to do", ours: "store", theirs: "node", against: "`node -e 0`" },
    ],
  };
}

/**
 * Nix in a store of its own at `/nix/store` of the sandbox, which lies at `directory` outside: what it shows its builds
 * as /dev/shm would hide a store that lies there.
 */
function nixSandboxed(directory) {
  const config = [
    "build-users-group =",
    "sandbox = true",
    "sandbox-fallback = false",
    "sandbox-paths = /bin /usr /lib /lib64",
    "max-jobs = 2",
    "substituters =",
  ];
  const unset = ["NIX_STORE_DIR", "NIX_STATE_DIR", "NIX_LOG_DIR"].flatMap((name) => ["-u", name]);
  return ["env", ...unset, `NIX_REMOTE=local?root=${directory}`, `NIX_CONFIG=${config.join("\n")}\n`];
}

function trivialScene() {
  return {
    name: "build-trivial",
    rounds: 1,
    prepare(place, { scale }) {
      const top = writeBuildGraph(place.directory, Math.ceil(BUILDS * scale));
      const options = ["-j2", "--no-progress", "--recipes", place.path("recipes")];
      const nix = (...command) => [...nixSandboxed(place.path("n")), ...command];
      const freshNix = () => {
        place.clear("n");
        place.make("n/etc");
        place.run(...nix("nix-store", "--init"));
      };
      return [
        {
          id: "store",
          before: () => place.freshStore(),
          command: () => store("build", "--sandbox=required", ...options, top),
        },
        {
          id: "nix",
          before: freshNix,
          command: () => nix("nix-build", place.path("graph.nix"), "--no-out-link"),
        },
      ];
    },
    rows: [
      {
        label: "200 trivial builds, sandboxed, `-j2`",
        ours: "store",
        theirs: "nix",
        against: "`nix-build`, sandboxed",
        target: 1.5,
      },
    ],
  };
}

function mpfrScene() {
  return {
    name: "build-mpfr",
    rounds: 1,
    missing: () =>
      findMpfr() === undefined &&
      "name a directory with mpfr's tarball by STORE_TEST_REAL_SOURCES (`npm run test:real` fills it), and install libgmp-dev",
    prepare(place) {
      const tarball = findMpfr();
      const script = `tar xf "${tarball}" --strip-components=1
./configure --prefix="$PWD/installed"
make -j2
make install`;
      return [
        {
          id: "store",
          before: (round) => writeMpfrRecipe(place.directory, { tarball, round }),
          command: () => store("build", "-j2", "--no-progress", "--recipes", place.path("recipes"), "mpfr"),
        },
        {
          id: "shell",
          before: () => {
            place.clear("by-hand");
            place.make("by-hand");
          },
          command: () => ["bash", "-ec", `cd "${place.path("by-hand")}"\n${script}`],
        },
      ];
    },
    rows: [
      {
        label: "build of mpfr, `-j2`",
        ours: "store",
        theirs: "shell",
        against: "`configure`, `make`, `make install` in a shell",
        target: 1.05,
      },
    ],
  };
}

/** Of so many files one mentions the output's own path. */
const MENTIONING = 50;

function outputScene() {
  return {
    name: "build-output",
    rounds: 1,
    prepare(place, { scale }) {
      const tree = place.make("tree");
      writeTree(tree, { files: Math.ceil(6000 * scale), bytes: 1e9 * scale, seed: 4 });
      const files = readdirSync(tree, { recursive: true })
        .filter((path) => statSync(join(tree, path)).isFile())
        .sort();
      const mentioning = files.filter((_, at) => at % MENTIONING === 0);
      for (const path of mentioning) appendFileSync(join(tree, path), "\n");
      mkdirSync(place.path("recipes/large"), { recursive: true });
      writeFileSync(place.path("mentioning"), `${mentioning.join("\n")}\n`);
      // To make the output costs nothing: what is timed is what becomes of it.
      writeFileSync(
        place.path("recipes/large/recipe.yaml"),
        `name: large
version: "1"
build: script
phases:
  install: |
    mv ${place.path("made")} $out
    while read -r file; do echo "$out" >> "$out/$file"; done < ${place.path("mentioning")}
`,
      );
      const made = () => {
        place.clear("made");
        cpSync(tree, place.path("made"), { recursive: true });
      };
      return [
        {
          id: "store",
          before: () => {
            place.freshStore();
            made();
          },
          command: () => store("build", "--sandbox=off", "--no-progress", "--recipes", place.path("recipes"), "large"),
        },
        {
          id: "sha256sum",
          before: made,
          command: () => ["sh", "-c", `find "${place.path("made")}" -type f -print0 | xargs -0 sha256sum`],
        },
      ];
    },
    rows: [
      {
        label: "rewriting and scanning an output of 1 GB",
        ours: "store",
        theirs: "sha256sum",
        against: "`sha256sum` of its files",
        target: 2,
      },
    ],
  };
}
