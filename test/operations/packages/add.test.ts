import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { add } from "../../../src/operations/packages/add.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { makeTar, makeZip } from "../../helpers/archives.ts";
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

test("an archive is known by its content, whatever it is called", async () => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  for (const name of ["tarball", "x.txt", "y-1.zip"]) {
    const from = join(world.directory, name);
    writeFileSync(from, makeTar([{ name: "d/file", content: name }]));
    const { path } = await add(store, { from, cwd: "/", name: "archive", version: "1" });
    expect(readFileSync(join(path, "file"), "utf8")).toBe(name);
  }
});

test("a zip archive behind a program is unpacked when it is called one, and is the program otherwise", async () => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const content = Buffer.concat([Buffer.from("#!/bin/sh\n"), makeZip([{ name: "d/file", content: "content" }])]);
  const filesOf = async (name: string) => {
    const from = join(world.directory, name);
    writeFileSync(from, content);
    return readdirSync((await add(store, { from, cwd: "/", name: "x", version: "1" })).path);
  };
  expect(await filesOf("x-1.zip")).toEqual(["file"]);
  expect(await filesOf("x-1.run")).toEqual(["x-1.run"]);
});

test("what an add of an archive does is told as it goes on, each step and how far it is", async () => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const from = join(world.directory, "x-1.tar");
  const members = Array.from({ length: 300 }, (_, at) => ({
    name: `d/f${at}`,
    content: Buffer.alloc(10_000, `${at}`),
  }));
  writeFileSync(from, makeTar(members));
  const events: StoreEvent[] = [];
  await add(store, { from, cwd: "/" }, { onEvent: (event) => events.push(event) });
  const steps = events.flatMap((event) => (event.kind === "step" ? [`${event.step} ${event.subject}`] : []));
  expect(steps).toEqual(["extract x-1.tar", "import x 1", "commit x 1"]);
  const totalBytes = statSync(from).size;
  const extracting = events.filter((event) => event.kind === "extracting");
  expect(extracting.length).toBeGreaterThan(1);
  expect(extracting.at(-1)).toMatchObject({ subject: "x-1.tar", readBytes: totalBytes, totalBytes, entries: 301 });
  const importing = events.filter((event) => event.kind === "importing");
  expect(importing.length).toBeGreaterThan(1);
  expect(importing.at(-1)).toMatchObject({ subject: "x 1", files: 300, bytes: 3_000_000 });
});
