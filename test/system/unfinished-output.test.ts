import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { outputPlace, writeOutput } from "../../src/system/output-place.ts";
import { holdUnfinished, listUnfinished, sweepUnfinished, unfinishedName } from "../../src/system/unfinished-output.ts";
import { makeWorld } from "../helpers/worlds.ts";

const TWO_HOURS_MS = 7_200_000;

function old(path: string): string {
  const then = new Date(Date.now() - TWO_HOURS_MS);
  utimesSync(path, then, then);
  return path;
}

test("what a killed process left half-written goes, and nothing else that lies there", () => {
  const { directory } = makeWorld();
  const at = (name: string) => join(directory, name);
  const others = [
    "file",
    ".tmp-0123456789abcdef",
    ".tmp-0123456789abcdef.store-part.gz",
    "x.tmp-0123456789abcdef.store-part",
    ".tmp-0123456789ABCDEF.store-part",
    ".tmp-0123.store-part",
  ];
  for (const name of others) writeFileSync(at(name), "mine");
  for (const name of others) old(at(name));
  const fresh = unfinishedName(directory);
  writeFileSync(fresh, "half");
  mkdirSync(at(".tmp-1111111111111111.store-part"));
  old(at(".tmp-1111111111111111.store-part"));
  symlinkSync("file", at(".tmp-2222222222222222.store-part"));
  const before = readdirSync(directory).sort();
  const dead = unfinishedName(directory);
  writeFileSync(dead, "half");
  old(dead);
  sweepUnfinished(directory);
  expect(readdirSync(directory).sort()).toEqual(before);
  sweepUnfinished(at("absent"));
  sweepUnfinished(at("file"));
});

test("a file that somebody still writes stays, however long nothing came", async () => {
  const { directory } = makeWorld();
  const held = unfinishedName(directory);
  writeFileSync(held, "half");
  old(held);
  {
    using _held = holdUnfinished(held);
    expect(listUnfinished(directory, new Date())).toEqual([]);
  }
  expect(listUnfinished(directory, new Date())).toEqual([held]);
  sweepUnfinished(directory);
  const slow = Readable.from(
    (function* () {
      yield Buffer.from("half ");
      const [name = ""] = readdirSync(directory);
      old(join(directory, name));
      sweepUnfinished(directory);
      yield Buffer.from("whole");
    })(),
  );
  expect(await writeOutput(outputPlace(join(directory, "out")), slow)).toBe(10);
  expect(readdirSync(directory)).toEqual(["out"]);
});
