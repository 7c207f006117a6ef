import { closeSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPipeSupply } from "../../src/system/process/fifo.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { makeWorld } from "../helpers/worlds.ts";

test("a supply gives every caller a pipe of its own, and no pipe keeps its name", async () => {
  const { directory } = makeWorld();
  const supply = createPipeSupply(directory);
  const pipes = await Promise.all(Array.from({ length: 70 }, () => supply.open()));
  for (const [index, { write }] of pipes.entries()) writeSync(write, `${index}`);
  const buffer = Buffer.alloc(10);
  const told = pipes.map(({ read }) => buffer.toString("latin1", 0, readSync(read, buffer)));
  expect(told).toEqual(pipes.map((_, index) => `${index}`));
  for (const { read, write } of pipes) for (const fd of [read, write]) closeSync(fd);
  // Three batches, of which these were taken.
  const left = readdirSync(directory).flatMap((home) => readdirSync(join(directory, home)));
  expect(left).toHaveLength(3 * 32 - 70);
});

test("where no pipe can be made that is said, and can be tried again", async () => {
  const { directory } = makeWorld();
  const supply = createPipeSupply(join(directory, "gone"));
  await caughtAsync(supply.open());
  expect(await caughtAsync(supply.open())).toBeInstanceOf(Error);
});
