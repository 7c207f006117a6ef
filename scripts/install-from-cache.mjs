// Installs what package-lock.json names from npm's cache alone, for a machine that cannot reach its registry now but
// could before. The lock file holds no addresses; for the cache each tarball's is put in for the time of the install.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const lockFile = new URL("../package-lock.json", import.meta.url);
const original = readFileSync(lockFile, "utf8");
const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/$/, "");

const lock = JSON.parse(original);
for (const [place, entry] of Object.entries(lock.packages)) {
  const name = entry.name ?? place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
  if (place !== "" && !entry.link) {
    entry.resolved = `${registry}/${name}/-/${name.split("/").at(-1)}-${entry.version}.tgz`;
  }
}
try {
  writeFileSync(lockFile, JSON.stringify(lock, null, 2));
  execFileSync("npm", ["ci", "--offline"], { stdio: "inherit", cwd: new URL("..", import.meta.url) });
} finally {
  writeFileSync(lockFile, original);
}
