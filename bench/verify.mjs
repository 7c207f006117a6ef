// Measures `store verify --contents` against `sha256sum` of all files with two processes:
// `node bench/verify.mjs [--gib 5] [--rounds 3] [--place DIR]`. Writes twice that many bytes below DIR and removes them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeTree } from "./inputs.mjs";
import { compare, timeCommand } from "./measure.mjs";

const { values } = parseArgs({
  options: {
    gib: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    place: { type: "string", default: tmpdir() },
  },
});
const bytes = Number(values.gib) * 2 ** 30;
const program = fileURLToPath(new URL("../bin/store", import.meta.url));
const place = mkdtempSync(join(values.place, "bv-"));
const root = join(place, "s");
const env = { ...process.env, STORE_ROOT: root };
const options = { env, cwd: place, errors: join(place, "errors") };

try {
  const packages = 40;
  for (let at = 0; at < packages; at++) {
    const tree = join(place, `package${at}-1.0`);
    // Few large files and many small ones, as in packages of compilers and libraries.
    writeTree(tree, { files: at % 4 === 0 ? 20 : 400, bytes: bytes / packages, seed: at + 1 });
    execFileSync(process.execPath, [program, "add", tree], { env, stdio: "ignore" });
    rmSync(tree, { recursive: true });
  }
  const ours = [];
  const theirs = [];
  const sums = `find ${root}/pkgs* -type f -print0 | xargs -0 -n 32 -P 2 sha256sum`;
  for (let round = 0; round < Number(values.rounds); round++) {
    theirs.push(timeCommand(["sh", "-c", sums], options));
    ours.push(timeCommand([process.execPath, program, "verify", "--contents"], options));
  }
  const { median, least, most } = compare(ours, theirs);
  const seconds = (list) =>
    list.map(({ real, user, sys }) => `${real.toFixed(1)} (${(user + sys).toFixed(1)} cpu)`).join(", ");
  console.log(`${values.gib} GiB; seconds of each round`);
  console.log(`  verify --contents        ${seconds(ours)}`);
  console.log(`  sha256sum, two processes ${seconds(theirs)}`);
  console.log(`  ratio ${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)}), target 1.3`);
} finally {
  execFileSync("chmod", ["-R", "u+w", place]);
  rmSync(place, { recursive: true, force: true });
}
