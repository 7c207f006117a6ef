// Writes a small store as one text file, for tests that every later version must pass: `node scripts/freeze-store.mjs >
// fixtures/stores/format-N.jsonl`, once, with the first version that writes format N; never again, since its point is that
// it was written by that version. Git keeps neither modes, times, hard links nor empty directories: so one line of JSON for
// each entry. The storeDir, which depends on where a store lies, stands in contents as /store/pkgs____…, and its name in
// relative links as {{pkgs}}; ids of files that mention it as {{blob PATH}}.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../bin/store", import.meta.url));
const CANONICAL = "/store/pkgs".padEnd(48, "_");
/** Directories whose content is no part of a store: caches, and what belongs to processes. */
const LEFT_OUT = new Set(["index", "locks", "tmp", "trash"]);

// Stands in the log and in records of generations.
const directory = "/tmp/frozen";
mkdirSync(directory);
try {
  const root = join(directory, "s");
  fill(root);
  const { storeDir } = JSON.parse(readFileSync(join(root, "store.json"), "utf8"));
  for (const line of [...entriesOf(root, storeDir)]) process.stdout.write(`${JSON.stringify(line)}\n`);
} finally {
  execFileSync("chmod", ["-R", "u+w", directory]);
  rmSync(directory, { recursive: true });
}

/** gen-1: greet 1; gen-2: words too; gen-3: greet 2; gen-4: without words; live is gen-3, gen-2 is pinned. */
function fill(root) {
  const store = (...words) =>
    execFileSync(process.execPath, [PROGRAM, "--quiet", ...words], {
      cwd: directory,
      env: {
        PATH: process.env.PATH,
        STORE_ROOT: root,
        HOME: directory,
        USER: "ada",
        LOGNAME: "ada",
        TZ: "Europe/Berlin",
      },
    });
  tree("greet-1.0", { "bin/greet": "#!/bin/sh\necho hello\n", "share/doc/greet": "The first.\n", same: "same\n" });
  tree("greet-2.0", { "bin/greet": "#!/bin/sh\necho good day\n", "share/doc/greet": "The second.\n", same: "same\n" });
  tree("words-1.0", {
    "bin/words": `#!/bin/sh\ncat ${CANONICAL}/${"0".repeat(32)}-words-1.0/share/words\n`,
    "share/words": "one\ntwo\n",
    same: "same\n",
  });
  symlinkSync("words", join(directory, "words-1.0/bin/w"));
  mkdirSync(join(directory, "words-1.0/var"));
  store("install", "./greet-1.0");
  store("install", "./words-1.0");
  store("install", "./greet-2.0");
  store("remove", "words");
  store("rollback");
  store("pin", "gen-2");
}

function tree(name, files) {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: path.startsWith("bin/") ? 0o755 : 0o644 });
  }
}

function* entriesOf(root, storeDir) {
  const pool = new Map();
  const mentioning = new Map();
  for (const entry of walk(root, "")) {
    const { path, status } = entry;
    const [top] = path.split("/");
    if (top === "files" || (LEFT_OUT.has(top) && path !== top)) continue;
    const name = path.replace(basename(storeDir), "{{pkgs}}");
    const mode = (status.mode & 0o7777).toString(8);
    const mtime = Math.floor(status.mtimeMs / 1000);
    if (status.isDirectory()) yield { kind: "directory", path: name, mode, mtime };
    else if (status.isSymbolicLink())
      yield { kind: "link", path: name, target: movable(readlinkSync(join(root, path))), mtime };
    else {
      const text = readFileSync(join(root, path), "utf8");
      if (text.includes(storeDir)) mentioning.set(blobId(text), name);
      yield { kind: "file", path: name, mode, mtime, text: movable(withoutIds(text)) };
      if (path.startsWith(basename(storeDir)) && !pool.has(status.ino))
        pool.set(status.ino, { kind: "pool", of: name });
    }
  }
  yield* pool.values();

  function movable(text) {
    const parts = text.split(storeDir).map((part) => part.split(basename(storeDir)).join("{{pkgs}}"));
    return parts.join(CANONICAL);
  }
  function withoutIds(text) {
    return [...mentioning].reduce((now, [id, name]) => now.split(id).join(`{{blob ${name}}}`), text);
  }
}

/** Objects come first: records name what is in them. */
function* walk(root, path) {
  const names = readdirSync(join(root, path)).sort(
    (a, b) => Number(b.startsWith("pkgs")) - Number(a.startsWith("pkgs")) || (a < b ? -1 : 1),
  );
  for (const name of names) {
    const inner = path === "" ? name : `${path}/${name}`;
    const status = lstatSync(join(root, inner));
    yield { path: inner, status };
    if (status.isDirectory()) yield* walk(root, inner);
  }
}

function blobId(text) {
  const bytes = Buffer.from(text, "utf8");
  return createHash("sha256").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
