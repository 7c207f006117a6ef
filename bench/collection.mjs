// Collecting in a big store, against `nix-store --gc` on the same shape. Makes both stores by hand, since adding so many
// objects would take hours: node bench/collection.mjs [--objects 50000] [--dead 10000] [--files 3] [--rounds 3] [--dir /dev/shm] [--no-nix]
// The store has been collected once before, with everything alive: so it knows of its pool what it knows in daily use.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CHAIN, hasRoot, makeBigStore, program, rootOf } from "./big-store.mjs";

const { values } = parseArgs({
  options: {
    objects: { type: "string", default: "50000" },
    dead: { type: "string", default: "10000" },
    files: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    dir: { type: "string", default: "/dev/shm" },
    "no-nix": { type: "boolean", default: false },
  },
});
const [objects, dead, files, rounds] = [values.objects, values.dead, values.files, values.rounds].map(Number);
const directory = mkdtempSync(join(values.dir, "b-"));

try {
  console.log(`${objects} objects of ${files} files, ${dead} of them dead; ${availableParallelism()} cores`);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    // Both stores are there before either is timed, so that little time lies between the two.
    const place = join(directory, String(round));
    mkdirSync(place);
    const env = values["no-nix"] ? undefined : makeNixStore(join(place, "n"));
    const root = join(place, "s");
    makeBigStore(root, { objects, files, dead: 0 });
    const ours = (...args) => measure(args.join(" "), [program, "--root", root, "-q", ...args]);
    ours("gc", "--json");
    for (let number = CHAIN - 1; number < dead; number += CHAIN) unlinkSync(rootOf(root, number));
    ours("gc", "--dry-run", "--json");
    const collected = ours("gc", "--json");
    if (env) {
      const nix = measure("nix-store --gc", ["nix-store", "--gc"], env);
      ratios.push([collected.seconds / nix.seconds, collected.cpu / nix.cpu]);
      console.log(
        `ratio to nix-store --gc: ${ratios.at(-1)[0].toFixed(2)} of its time, ${ratios.at(-1)[1].toFixed(2)} of its work`,
      );
    }
    empty(place);
  }
  const middle = (index) =>
    ratios
      .map((pair) => pair[index])
      .sort((a, b) => a - b)
      [ratios.length >> 1]?.toFixed(2);
  if (ratios.length > 0) console.log(`median of ${rounds}: ${middle(0)} of its time, ${middle(1)} of its work`);
} finally {
  empty(directory);
}

function empty(path) {
  spawnSync("chmod", ["-R", "u+w", path]);
  rmSync(path, { recursive: true, force: true });
}

function measure(name, [command, ...args], env = process.env) {
  const started = performance.now();
  const { status, stderr } = spawnSync("/usr/bin/time", ["-f", "%M %U %S", command, ...args], {
    encoding: "utf8",
    env,
    maxBuffer: 1 << 30,
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(-2000)}`);
  const [kilobytes, user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  console.log(
    `${seconds.toFixed(2)} s (cpu ${(user + system).toFixed(2)} s), ${Math.round(kilobytes / 1024)} MiB: ${name.slice(0, 60)}`,
  );
  return { seconds, cpu: user + system };
}

/** The same shape for Nix, registered without being read; returns the environment in which its store is the one. */
function makeNixStore(root) {
  const env = {
    ...process.env,
    NIX_STORE_DIR: `${root}/store`,
    NIX_STATE_DIR: `${root}/state`,
    NIX_LOG_DIR: `${root}/log`,
    NIX_CONF_DIR: `${root}/etc`,
  };
  for (const path of ["store", "state/gcroots", "etc"]) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, "etc/nix.conf"), "build-users-group =\n");
  const paths = [];
  const records = [];
  for (let number = 0; number < objects; number++) {
    const path = `${root}/store/${createHash("sha256").update(String(number)).digest("hex").slice(0, 32).replaceAll("e", "z")}-p${number}-1.0`;
    const before = number % CHAIN === 0 ? undefined : paths[number - 1];
    mkdirSync(path);
    for (let index = 0; index < files; index++)
      writeFileSync(`${path}/f${index}`, `${number} ${index}\n`, { mode: 0o444 });
    if (before) symlinkSync(`${before}/f0`, `${path}/dependency`);
    records.push([path, "0".repeat(64), "1000", "", before ? "1" : "0", ...(before ? [before] : [])].join("\n"));
    paths.push(path);
    if (hasRoot(number, { objects, dead })) symlinkSync(path, join(root, "state/gcroots", `r${number}`));
  }
  const { status, stderr } = spawnSync("nix-store", ["--load-db"], {
    env,
    input: `${records.join("\n")}\n`,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`nix-store --load-db: ${stderr}`);
  return env;
}
