import { randomBytes } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { fetchAll, type SourceRequest } from "../../src/sources/fetch-all.ts";
import { partialPath } from "../../src/sources/source-paths.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { startRegistry } from "../helpers/fake-registry.ts";
import { fetchWorld, integrityOf, scratchDirectory, serveFile, startServer } from "../helpers/fetch-world.ts";
import { gitRepository, hasGit } from "../helpers/git-repository.ts";

const file = (url: string, content: string | Buffer): SourceRequest => ({
  kind: "file",
  urls: [url],
  integrity: integrityOf(content),
});

test("results come in the order of the requests, whatever their kind", async ({ skip }) => {
  if (!hasGit()) return skip("this machine has no git");
  using world = fetchWorld();
  using scratch = scratchDirectory();
  await using registry = await startRegistry({ color: { versions: { "1.0.0": { content: "color" } } } });
  writeFileSync(join(world.path, ".npmrc"), `registry=${registry.registry}\n`);
  writeFileSync(join(scratch.path, "local"), "local");
  const repository = gitRepository(scratch.path, "x");
  writeFileSync(join(repository.path, "a"), "in git");
  const commit = repository.commit();
  const results = await fetchAll(world.context, [
    { kind: "git", url: pathToFileURL(repository.path).href, commit },
    { kind: "npm", spec: "color@1" },
    file(pathToFileURL(join(scratch.path, "local")).href, "local"),
  ]);
  expect(results).toMatchObject([
    { kind: "git", commit },
    { kind: "npm", fileName: "color-1.0.0.tgz", npmPackage: { version: "1.0.0" } },
    { kind: "file", integrity: integrityOf("local") },
  ]);
});

test("no more than `concurrency` are under way at once", async () => {
  using world = fetchWorld();
  let most = 0;
  let waiting: (() => void)[] = [];
  await using server = await startServer((request, response) => {
    waiting.push(() => response.end(request.url));
    most = Math.max(most, waiting.length);
    if (waiting.length < 3) return;
    // Time for a fourth one to come, if it were let.
    setTimeout(() => {
      for (const answer of waiting) answer();
      waiting = [];
    }, 30);
  });
  const requests = Array.from({ length: 12 }, (_, index) => file(`${server.url}/${index}`, `/${index}`));
  const results = await fetchAll(world.context, requests, { concurrency: 3 });
  expect(results.map((result) => readFileSync(result.path, "utf8"))).toEqual(requests.map((_, index) => `/${index}`));
  expect(most).toBe(3);
});

test("the first failure ends the others, which keep what they have", async () => {
  using world = fetchWorld();
  const large = randomBytes(1_000_000);
  await using server = await startServer((request, response) => {
    if (request.url !== "/bad") return serveFile(request, response, { content: large, stallAfter: 300_000 });
    const slow = partialPath(world.context.directory, `${server.url}/slow`);
    const poll = setInterval(() => {
      if (statSync(slow, { throwIfNoEntry: false })?.size !== 300_000) return;
      clearInterval(poll);
      response.writeHead(404).end();
    }, 5);
  });
  const requests = [file(`${server.url}/slow`, large), file(`${server.url}/bad`, ""), file(`${server.url}/never`, "")];
  const error = await caughtAsync(fetchAll(world.context, requests, { concurrency: 2 }));
  expect(error).toMatchObject({
    code: "NOT_FOUND",
    message: `${server.url}/bad: 404 Not Found`,
    hint: expect.stringContaining("Check the URL"),
  });
  expect(server.asked.sort()).toEqual(["GET /bad", "GET /slow"]);
  const left = readFileSync(partialPath(world.context.directory, `${server.url}/slow`));
  expect(left).toEqual(large.subarray(0, 300_000));
});

test("failures that come together are told together", async () => {
  using world = fetchWorld({ offline: true });
  const requests = [1, 2, 3].map((index) => file(`http://h.invalid/${index}`, `${index}`));
  const error = await caughtAsync(fetchAll(world.context, requests, { concurrency: 3 }));
  expect(error).toMatchObject({ code: "OFFLINE", details: { failures: [{ code: "OFFLINE" }, {}, {}] } });
  for (const index of [1, 2, 3]) expect((error as Error).message).toContain(`http://h.invalid/${index}`);
});

test("an abort from outside ends all with its reason", async () => {
  const controller = new AbortController();
  using world = fetchWorld({ signal: controller.signal });
  await using server = await startServer(() => controller.abort(new Error("enough")));
  const requests = [1, 2].map((index) => file(`${server.url}/${index}`, `${index}`));
  expect(await caughtAsync(fetchAll(world.context, requests))).toBe(controller.signal.reason);
});

test("nothing to fetch is nothing", async () => {
  using world = fetchWorld();
  expect(await fetchAll(world.context, [])).toEqual([]);
});
