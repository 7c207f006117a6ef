import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "./inputs.mjs";

/** Names of `count` packages and what each needs: three of the twenty before it; the last needs all that nobody else does. */
function createGraph(count) {
  const random = createRandom(count);
  const needs = Array.from({ length: count }, (_, at) => {
    const near = Array.from({ length: 3 }, () => at - 1 - Math.floor(random() * Math.min(at, 20)));
    return at === 0 ? [] : [...new Set(near)];
  });
  const needed = new Set(needs.flat());
  const last = count - 1;
  needs[last] = Array.from({ length: last }, (_, at) => at).filter((at) => !needed.has(at) || needs[last].includes(at));
  return needs;
}

/** Writes the same graph as recipes and as a Nix expression; the name of its last package. */
export function writeBuildGraph(directory, count) {
  const needs = createGraph(count);
  for (const [at, needed] of needs.entries()) {
    const home = join(directory, "recipes", `p${at}`);
    mkdirSync(home, { recursive: true });
    writeFileSync(
      join(home, "recipe.yaml"),
      `name: p${at}
version: "1.0"
summary: package ${at}
build: script
dependencies: {build: [${needed.map((each) => `p${each}`).join(", ")}]}
phases:
  install: |
    mkdir $out
    echo ${at} > $out/number
`,
    );
  }
  const made = needs.map((needed, at) => `  p${at} = make ${at} [ ${needed.map((each) => `p${each}`).join(" ")} ];\n`);
  writeFileSync(
    join(directory, "graph.nix"),
    `let
  make = number: inputs: derivation {
    name = "p\${toString number}-1.0";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" "mkdir $out; echo \${toString number} > $out/number" ];
    PATH = "/usr/bin:/bin";
    inherit inputs;
  };
${made.join("")}in p${count - 1}
`,
  );
  return `p${count - 1}`;
}

const TARBALLS = process.env.STORE_TEST_REAL_SOURCES;

/** Debian's tarball of mpfr, where `npm run test:real` keeps what it downloads. */
export function findMpfr() {
  const name = TARBALLS && readdirSync(TARBALLS).find((each) => /^mpfr4_.*\.orig\.tar\.\w+$/.test(each));
  return name ? join(TARBALLS, name) : undefined;
}

/** Writes a recipe of mpfr whose key is another one in each round. */
export function writeMpfrRecipe(directory, { tarball, round }) {
  const home = join(directory, "recipes/mpfr");
  mkdirSync(home, { recursive: true });
  const file = join(directory, "mpfr.tar.xz");
  copyFileSync(tarball, file);
  const sum = createHash("sha256").update(readFileSync(file)).digest("base64");
  writeFileSync(
    join(home, "recipe.yaml"),
    `name: mpfr
version: "4"
sources: [{url: "file://${file}", integrity: sha256-${sum}}]
build: autotools
env: {ROUND: "${round}"}
`,
  );
}
