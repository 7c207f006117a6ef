import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeStoreWorld, PROGRAM } from "../helpers/run-store.ts";

test.each([
  { umask: 0o077, file: 0o600, directory: 0o700 },
  { umask: 0o002, file: 0o664, directory: 0o775 },
])("with the umask $umask users' commands and files have it, and the store has its own", (modes) => {
  const world = makeStoreWorld();
  const [one, two] = ["1", "2"].map((version) => world.source(`p-${version}`, { f: version })) as [string, string];
  const store = (...words: string[]) => {
    const script = `umask ${modes.umask.toString(8)}; exec "$@"`;
    const args = ["-c", script, "sh", process.execPath, PROGRAM, ...words];
    const result = spawnSync("/bin/sh", args, { cwd: world.directory, env: world.env, encoding: "utf8" });
    expect(result, `${words.join(" ")}: ${result.stderr}`).toMatchObject({ status: 0 });
  };
  const modeOf = (name: string) => statSync(join(world.directory, name)).mode & 0o777;
  store("install", one, "--check", "touch check");
  store("install", two, "--tracking-journal", "tracked");
  store("switch", "gen-1", "--tracking-journal", "switched");
  store("run", "--", "touch", "run");
  store("try", "--", "touch", "try");
  store("compare", "gen-1", "gen-2", "--", "touch", "compare");
  store("bisect", "--good", "gen-1", "--bad", "gen-2", "--", "sh", "-c", "touch bisect; grep -q 1 $STORE_PATH/f");
  store("journal", "#1", "journal");
  store("archive", "export", "p", "-o", "exported");
  store("archive", "export", "p", "-o", "exports/");
  store("archive", "index", "exports");
  const made = ["check", "tracked", "switched", "run", "try", "compare", "bisect", "journal", "exported"];
  expect(Object.fromEntries(made.map((name) => [name, modeOf(name)]))).toEqual(
    Object.fromEntries(made.map((name) => [name, modes.file])),
  );
  expect([modeOf("exports"), modeOf("exports/packed-objects.json")]).toEqual([modes.directory, modes.file]);
  expect([modeOf("s"), modeOf("s/store.json"), modeOf("s/profiles")]).toEqual([0o700, 0o644, 0o755]);
});
