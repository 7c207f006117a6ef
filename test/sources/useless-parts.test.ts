import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchFile } from "../../src/sources/fetch-file.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { fetchWorld, integrityOf, serveFile, startServer, type World } from "../helpers/fetch-world.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";

const content = randomBytes(100_000);
const integrity = integrityOf(content);

const parts = ({ path }: World) => readdirSync(join(path, "partial"));

const cutting = () => startServer((request, response) => serveFile(request, response, { content, cutAfter: 1000 }));

test("a part that nobody could continue goes with the command; one with an integrity stays", async () => {
  using world = fetchWorld();
  await using server = await cutting();
  const urls = [`${server.url}/a`];
  expect(await caughtAsync(fetchFile(world.context, { urls, allowUnverified: true }))).toMatchObject({
    code: "NETWORK",
  });
  expect(parts(world)).toEqual([]);
  expect(await caughtAsync(fetchFile(world.context, { urls, integrity }))).toMatchObject({ code: "NETWORK" });
  expect(parts(world)).toHaveLength(2);
});

test("one with an integrity is no hindrance to a fetch without one, nor is it trusted or lost by it", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, etag: '"v1"', cutAfter: count <= 3 ? 10_000 : undefined }),
  );
  const urls = [`${server.url}/a`];
  await caughtAsync(fetchFile(world.context, { urls, integrity }));
  const before = parts(world);
  await fetchFile(world.context, { urls, allowUnverified: true });
  expect(server.headers.at(-1)?.range).toBeUndefined();
  expect([before.length, parts(world)]).toEqual([2, before]);
});

test.each(["ENOSPC", "EDQUOT"])("on a full disk (%s) nothing of a download is kept", async (code) => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  let written = 0;
  patchFs(
    "writeSync",
    (original) =>
      ((...args: Parameters<typeof original>) => {
        const bytes = original(...args);
        written += bytes;
        if (written > 50_000) throw errno(code);
        return bytes;
      }) as never,
  );
  const error = await caughtAsync(fetchFile(world.context, { urls: [`${server.url}/a`], integrity }));
  expect(error).toMatchObject({ code: "NO_SPACE", hint: expect.stringContaining("store gc") });
  expect(parts(world)).toEqual([]);
});

test("an answer without an end is given up where the limit is", async () => {
  using world = fetchWorld({ maxBytes: 1 << 20 });
  const chunk = Buffer.alloc(1 << 16);
  await using server = await startServer((_request, response) => {
    const more = () => {
      while (response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  const urls = [`${server.url}/a`];
  for (const options of [{ integrity }, { allowUnverified: true }]) {
    expect(await caughtAsync(fetchFile(world.context, { urls, ...options }))).toMatchObject({
      code: "LIMIT",
      details: { limit: "maxBytes", maxBytes: 1 << 20 },
    });
    expect(parts(world)).toEqual([]);
  }
  const own = await caughtAsync(fetchFile(world.context, { urls, integrity, maxBytes: 1000 }));
  expect(own).toMatchObject({ code: "LIMIT", details: { maxBytes: 1000 } });
  expect(own).not.toHaveProperty("details.limit");
});

test("a download that nobody can continue has a name by which a sweep knows what a killed process left", async () => {
  using world = fetchWorld();
  let names: readonly string[] = [];
  await using server = await startServer((request, response) => {
    names = parts(world);
    serveFile(request, response, { content });
  });
  await fetchFile(world.context, { urls: [`${server.url}/a`], allowUnverified: true });
  expect(names).toEqual([expect.stringMatching(/^\.tmp-[0-9a-f]{16}$/)]);
});
