import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { rollbackJournal } from "../../../src/operations/history/journals.ts";
import { removeFile } from "../../../src/system/remove-file.ts";
import { useChangeDriver } from "../../helpers/change-driver.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, installFrom, liveFiles, makeProfileWorld } from "../../helpers/profile-worlds.ts";

vi.setConfig({ testTimeout: 300_000 });

const driver = useChangeDriver();

it("a change has its journal whenever its process is killed, and the journal leads back or has nothing to do", async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  await installFrom(store, world.source("b-1", { b: "b" }));
  const [kept, journal] = [join(world.directory, "kept"), join(world.directory, "journal")];
  execFileSync("cp", ["-a", world.root, kept]);
  const seen = new Set<string>();
  for (let killAt = 1; ; killAt += 1) {
    const step = { do: "switch", selector: "gen-1", journal } as const;
    const { killed } = driver.run({ root: world.root, steps: [step], killAt });
    const isNew = !("b" in liveFiles(store));
    seen.add(`${isNew ? "new" : "old"}, ${existsSync(journal) ? "journal" : "none"}`);
    if (existsSync(journal)) {
      expect(await rollbackJournal(store, DEFAULT, { file: journal }), `call ${killAt}`).toMatchObject({
        changed: isNew,
      });
      expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
      expect(brokenRules(store)).toEqual([]);
    }
    if (!killed) break;
    removeFile(journal);
    execFileSync("sh", ["-c", 'chmod -R u+w "$0" && rm -rf "$0" && cp -a "$1" "$0"', world.root, kept]);
  }
  expect([...seen].sort()).toEqual(["new, journal", "old, journal", "old, none"]);
});
