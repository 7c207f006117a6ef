import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromText } from "../../src/model/byte-string.ts";
import { readDirectoryContent } from "../../src/sources/directory-content.ts";
import { fetchSource, type SourceRequest } from "../../src/sources/fetch-all.ts";
import { sweepSources } from "../../src/sources/temporary-sources.ts";
import { fetchWorld, integrityOf, scratchDirectory, serveFile, startServer } from "../helpers/fetch-world.ts";
import { gitRepository, hasGit } from "../helpers/git-repository.ts";
import { bundleFetchProcesses, type FetchProcesses } from "../helpers/run-fetch-child.ts";

let processes: FetchProcesses;

beforeAll(async () => {
  processes = await bundleFetchProcesses();
});

afterAll(() => processes.remove());

/** Every kept file has the content of its name, and every link leads to a kept file. */
function checkKept(directory: string): void {
  for (const algorithm of ["sha256", "sha512"]) {
    const top = join(directory, algorithm);
    const files = existsSync(top) ? readdirSync(top, { recursive: true, encoding: "utf8" }) : [];
    for (const file of files.filter((name) => name.includes("/"))) {
      if (lstatSync(join(top, file)).isDirectory()) continue;
      // A name with a mark is a temporary link that was not renamed yet.
      if (file.includes(".tmp-")) continue;
      const content = readFileSync(join(top, file));
      expect(createHash(algorithm).update(content).digest("hex")).toBe(file.slice(3));
    }
  }
}

/** Temporary names anywhere below `sources/`. */
function leftovers(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.includes(".tmp-") || name.startsWith("tmp/"));
}

/**
 * Checks what is left when a process dies before each of its changes to the disk; how many it makes. At every tenth one
 * really dies; between them it is what one process kept of those moments, which is the same.
 */
async function dieEverywhere(
  request: SourceRequest,
  check: (world: ReturnType<typeof fetchWorld>) => Promise<void>,
): Promise<number> {
  using moments = scratchDirectory();
  using whole = fetchWorld();
  expect(await processes.start(whole.path, request, { moments: moments.path }).end).toBeDefined();
  await check(whole);
  const calls = readdirSync(moments.path).length;
  for (let dieAt = 1; dieAt <= calls; dieAt += 1) {
    using world = fetchWorld();
    if (dieAt % 10 === 0) expect(await processes.start(world.path, request, { dieAt }).end).toBeUndefined();
    else execFileSync("cp", ["-a", `${join(moments.path, `${dieAt}`)}/.`, world.path]);
    await check(world);
  }
  return calls;
}

/** A clock that is two hours ahead of the files' times. */
const later = () => new Date(Date.now() + 7_200_000);

test("processes that fetch the same at once all succeed, with one download", async () => {
  using world = fetchWorld();
  const content = randomBytes(2_000_000);
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const request: SourceRequest = { kind: "file", urls: [`${server.url}/a`], integrity: integrityOf(content) };
  const started = [1, 2, 3].map(() => processes.start(world.path, request));
  const results = await Promise.all(started.map(({ end }) => end));
  expect(results.map((result) => result?.reused).sort()).toEqual([false, true, true]);
  expect(server.asked).toHaveLength(1);
  checkKept(world.path);
});

test("a killed download leaves only a part, and the next process goes on from there", async () => {
  using world = fetchWorld();
  const content = randomBytes(500_000);
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, etag: '"v1"', stallAfter: count === 1 ? 300_000 : undefined }),
  );
  const request: SourceRequest = { kind: "file", urls: [`${server.url}/a`], integrity: integrityOf(content) };
  const first = processes.start(world.path, request);
  await until(() => first.events.some((event) => event.kind === "progress"));
  first.child.kill("SIGKILL");
  expect(await first.end).toBeUndefined();
  expect(existsSync(join(world.path, "sha256"))).toBe(false);
  const second = await processes.start(world.path, request).end;
  expect(second).toMatchObject({ reused: false, integrity: integrityOf(content) });
  const range = server.headers[1]?.range;
  expect(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1])).toBeGreaterThanOrEqual(1 << 18);
  expect(server.headers[1]?.["if-range"]).toBe('"v1"');
});

test("a process killed before any of its changes to the disk leaves nothing wrong and nothing locked", async () => {
  const content = Buffer.from("a small file");
  await using server = await startServer((request, response) => serveFile(request, response, { content, etag: '"1"' }));
  const urls = [`${server.url}/a`];
  const request: SourceRequest = { kind: "file", urls, integrity: integrityOf(content, "sha512") };
  const calls = await dieEverywhere(request, async (world) => {
    checkKept(world.path);
    const fetched = await fetchSource(world.context, request);
    expect(readFileSync(fetched.path)).toEqual(content);
    checkKept(world.path);
    expect(readdirSync(join(world.path, "partial"))).toEqual([]);
    sweepSources({ directory: world.path, now: later });
    expect(leftovers(world.path)).toEqual([]);
  });
  // Lock, record of the part, part, record of the URL, file, link: each is several changes.
  expect(calls).toBeGreaterThan(15);
});

test("a process killed while it fetches from git leaves nothing wrong", async ({ skip }) => {
  if (!hasGit()) return skip("this machine has no git");
  using scratch = scratchDirectory();
  const repository = gitRepository(scratch.path, "x");
  writeFileSync(join(repository.path, "a"), "content");
  const request: SourceRequest = { kind: "git", url: pathToFileURL(repository.path).href, commit: repository.commit() };
  const calls = await dieEverywhere(request, async (world) => {
    const fetched = await fetchSource(world.context, request);
    expect(await readDirectoryContent(fromText(fetched.path))).toMatchObject({ files: 1, size: 7 });
    sweepSources({ directory: world.path, now: later });
    expect(leftovers(world.path)).toEqual([]);
  });
  expect(calls).toBeGreaterThan(10);
});

test("only the context's environment names proxies, not that of the process", async () => {
  using world = fetchWorld();
  const content = Buffer.from("direct");
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const request: SourceRequest = { kind: "file", urls: [`${server.url}/a`], integrity: integrityOf(content) };
  const dead = "http://127.0.0.1:1";
  const env = { http_proxy: dead, HTTPS_PROXY: dead, https_proxy: dead };
  expect(await processes.start(world.path, request, { env }).end).toMatchObject({ reused: false });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
