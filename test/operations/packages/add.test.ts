import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { add } from "../../../src/operations/packages/add.ts";
import { makeTar } from "../../helpers/archives.ts";
import { integrityOf } from "../../helpers/fetch-world.ts";
import { makeWorld } from "../../helpers/worlds.ts";

test.each([
  ["a file", "x-1.txt", (text: string) => Buffer.from(text), "x-1.txt"],
  ["an archive", "x-1.tar", (text: string) => makeTar([{ name: "d/file", content: text }]), "file"],
])("%s that changes when its integrity was found right is taken as it was then", async (_, name, make, inside) => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const from = join(world.directory, name);
  writeFileSync(from, make("right"));
  let isFetched = false;
  const added = await add(
    store,
    { from, cwd: "/", integrity: integrityOf(make("right")) },
    {
      onEvent(event) {
        if (event.kind !== "fetching" || event.event.kind !== "fetched") return;
        isFetched = true;
        writeFileSync(from, make("wrong"));
      },
    },
  );
  expect(isFetched).toBe(true);
  expect(readFileSync(join(added.path, inside), "utf8")).toBe("right");
});
