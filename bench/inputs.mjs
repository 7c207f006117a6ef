import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function createRandom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Text that looks and compresses like source code: 4 MiB, from which files are cut. */
function createText(random) {
  const letters = "etaoinshrdlucmfwypvbgkjqxz";
  const letter = () => letters[Math.floor(random() ** 1.7 * letters.length)];
  const word = () => Array.from({ length: 1 + Math.floor(random() * random() * 11) }, letter).join("");
  const words = Array.from({ length: 3000 }, word);
  const gaps = [" ", " ", " ", ".", "(", ") ", ", ", ";\n  ", " = ", "_", "-", '"', "\n", "/", ": "];
  let text = "";
  while (text.length < 4 << 20) {
    text += words[Math.floor(random() ** 2 * words.length)] + gaps[Math.floor(random() * gaps.length)];
  }
  return Buffer.from(text, "latin1");
}

/** Content of a file: a line of its own, so that no two files are equal, then pieces of the text. */
function createContent(random, text, { size, title }) {
  const parts = [Buffer.from(`${title}\n`)];
  for (let left = size - parts[0].length; left > 0; ) {
    const at = Math.floor(random() * (text.length - 1));
    const part = text.subarray(at, Math.min(text.length, at + Math.min(left, 16384)));
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}

/**
 * Writes `files` files of `bytes` bytes in total into directories of 60. Small ones (up to 4 KiB on average) have sizes
 * that vary evenly, larger ones sizes as in real trees: many small, few large (log-normal).
 */
export function writeTree(directory, { files, bytes, seed }) {
  const random = createRandom(seed);
  const text = createText(random);
  const weights = Array.from({ length: files }, () =>
    bytes / files <= 4096 ? 0.2 + 1.6 * random() : Math.min(60, Math.exp(1.4 * gauss(random))),
  );
  const unit = bytes / weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, at) => {
    const path = join(directory, `part-${Math.floor(at / 600)}/lib-${Math.floor(at / 60) % 10}/file-${at}.txt`);
    if (at % 60 === 0) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, createContent(random, text, { size: Math.round(weight * unit), title: `file ${at}` }));
  });
}

function gauss(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Where the files of a package lie; a number says how many, `NAME` is the package's own directory. */
export const PACKAGE_OF_100 = {
  bin: 4,
  lib: 26,
  "share/man/man1": 8,
  "share/man/man3": 12,
  "include/NAME": 30,
  "share/doc/NAME": 20,
};
export const PACKAGE_OF_20 = { bin: 2, lib: 6, "share/man/man1": 2, "share/doc/NAME": 10 };
export const PACKAGE_OF_1 = { bin: 1 };

/** Writes packages `<prefix><number>-1.0` into `directory`; returns their names. */
export function writePackages(directory, { prefix, count, shape, seed }) {
  const random = createRandom(seed);
  const text = createText(random);
  return Array.from({ length: count }, (_, at) => {
    const name = `${prefix}${at}-1.0`;
    for (const [place, files] of Object.entries(shape)) {
      const inside = join(directory, name, place.replace("NAME", `${prefix}${at}`));
      mkdirSync(inside, { recursive: true });
      for (let file = 0; file < files; file++) {
        const title = `${name} ${place} ${file}`;
        writeFileSync(join(inside, `${prefix}${at}-${file}`), createContent(random, text, { size: 300, title }));
      }
    }
    return name;
  });
}

/** Packs a directory as GNU tar does, with owners and times that are the same every time. */
export function writeArchive(directory, archive) {
  const plain = ["--sort=name", "--owner=0", "--group=0", "--mtime=@1", "--format=gnu"];
  execFileSync("tar", [
    ...plain,
    "-C",
    dirname(directory),
    "-cf",
    archive,
    directory.slice(dirname(directory).length + 1),
  ]);
  execFileSync("gzip", ["-k6n", archive]);
}
