import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { StoreError } from "../../src/errors.ts";
import { fetchFile } from "../../src/sources/fetch-file.ts";
import { partialPath } from "../../src/sources/source-paths.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { fetchWorld, integrityOf, type Serving, serveFile, startServer, type World } from "../helpers/fetch-world.ts";

const content = randomBytes(100_000);
const integrity = integrityOf(content);

/** What a process left that was killed in a download. */
function leavePartial(world: World, url: string, part: Buffer, validator?: string): void {
  const path = partialPath(world.context.directory, url);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, part);
  writeFileSync(`${path}.json`, JSON.stringify({ format: 1, url, validator: validator ?? null }));
}

test.each<[string, Serving]>([
  ["a strong ETag", { etag: '"v1"' }],
  ["a date", { lastModified: "Wed, 21 Oct 2015 07:28:00 GMT" }],
  ["neither", {}],
])("a connection that breaks is continued where it stopped, with %s", async (_, serving) => {
  using world = fetchWorld();
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, ...serving, cutAfter: count <= 2 ? 30_000 : undefined }),
  );
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers.map(({ range }) => range)).toEqual([undefined, "bytes=30000-", "bytes=60000-"]);
  const condition = serving.etag ?? serving.lastModified;
  expect(server.headers.map((headers) => headers["if-range"])).toEqual([undefined, condition, condition]);
  expect(world.said("retrying")).toHaveLength(2);
  expect(world.said("started").map(({ received, total }) => [received, total])).toEqual([
    [0, 100_000],
    [30_000, 100_000],
    [60_000, 100_000],
  ]);
  expect(world.said("progress").at(-1)).toMatchObject({ received: 100_000, total: 100_000 });
});

test("a weak ETag is not used to continue", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, etag: 'W/"v1"', cutAfter: count === 1 ? 30_000 : undefined }),
  );
  await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(server.headers[1]?.["if-range"]).toBeUndefined();
});

test("what another process left is continued", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content, etag: '"v1"' }),
  );
  leavePartial(world, `${server.url}/a`, content.subarray(0, 40_000), '"v1"');
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers.map(({ range }) => range)).toEqual(["bytes=40000-"]);
  expect(readdirSync(join(world.path, "partial"))).toEqual([]);
});

test("a complete download that was not kept yet needs no request", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  leavePartial(world, `${server.url}/a`, content);
  await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(server.asked).toEqual([]);
});

test("a file that changed on the server starts anew", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content, etag: '"v2"' }),
  );
  leavePartial(world, `${server.url}/a`, Buffer.alloc(40_000), '"v1"');
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.asked).toHaveLength(1);
});

test("a part that turns out to be of another file is fetched once more from the beginning", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  leavePartial(world, `${server.url}/a`, Buffer.alloc(40_000));
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers.map(({ range }) => range)).toEqual(["bytes=40000-", undefined]);
});

test("a part longer than the file starts anew", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  leavePartial(world, `${server.url}/a`, Buffer.alloc(200_000));
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers.map(({ range }) => range)).toEqual(["bytes=200000-", undefined]);
});

test("a server without ranges sends all again", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, ranges: false, cutAfter: count === 1 ? 30_000 : undefined }),
  );
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
});

test("a server that answers with another range is not believed", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response, count) => {
    if (count !== 1) return serveFile(request, response, { content });
    response.writeHead(206, { "content-range": `bytes 39999-${content.length - 1}/${content.length}` });
    response.end(content.subarray(39_999));
  });
  leavePartial(world, `${server.url}/a`, content.subarray(0, 40_000));
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers.map(({ range }) => range)).toEqual(["bytes=40000-", undefined]);
});

test("without an integrity nothing that was left is trusted", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content, etag: '"v1"' }),
  );
  leavePartial(world, `${server.url}/a`, Buffer.alloc(40_000), '"v1"');
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], allowUnverified: true });
  expect(fetched.integrity).toBe(integrity);
  expect(server.headers.map(({ range }) => range)).toEqual([undefined]);
});

const other = randomBytes(content.length);

/** The first answer breaks off; by the next one the file has changed, and `If-Range` is not looked at. */
const changing = (first: Serving, then: Record<string, string>) =>
  startServer((request, response, count) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (count === 1) return serveFile(request, response, { content: other, ...first, cutAfter: 30_000 });
    const range = start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(range ? 206 : 200, { ...then, ...range });
    response.end(content.subarray(start));
  });

test.each<[string, Serving, Record<string, string>, (string | undefined)[]]>([
  ["nothing names the versions", {}, {}, [undefined, undefined]],
  ["only the second answer has a tag", {}, { etag: '"v2"' }, [undefined, undefined]],
  ["the tags differ", { etag: '"v1"' }, { etag: '"v2"' }, [undefined, "bytes=30000-", undefined]],
  ["the second answer has no tag", { etag: '"v1"' }, {}, [undefined, "bytes=30000-", undefined]],
  [
    "the dates differ",
    { lastModified: "Wed, 21 Oct 2015 07:28:00 GMT" },
    { "last-modified": "Wed, 21 Oct 2015 07:29:00 GMT" },
    [undefined, "bytes=30000-", undefined],
  ],
])("without an integrity no file is made of two versions: %s", async (_, first, then, ranges) => {
  using world = fetchWorld();
  await using server = await changing(first, then);
  const error = await caughtAsync(fetchFile(world.context, { urls: [`${server.url}/a`] }));
  expect(error).toMatchObject({ code: "INTEGRITY", details: { actual: integrity } });
  expect(server.headers.map(({ range }) => range)).toEqual(ranges);
});

test.each<[string, Serving, Record<string, string>]>([
  ["nothing names the versions", {}, {}],
  ["the tags differ", { etag: '"v1"' }, { etag: '"v2"' }],
  ["the second answer has no tag", { etag: '"v1"' }, {}],
])("what was made of two versions is fetched once more before anything is told: %s", async (_, first, then) => {
  using world = fetchWorld();
  await using server = await changing(first, then);
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers.map(({ range }) => range)).toEqual([undefined, "bytes=30000-", undefined]);
});

test("without an integrity a broken answer is continued when the server says that it is the same version", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, etag: '"v1"', cutAfter: count === 1 ? 30_000 : undefined }),
  );
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], allowUnverified: true });
  expect(fetched.integrity).toBe(integrity);
  expect(server.headers.map(({ range }) => range)).toEqual([undefined, "bytes=30000-"]);
});

test("an answer that is cut short every time is an error, and what came is kept for later", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content, etag: '"v1"', cutAfter: 1000 }),
  );
  const error = await caughtAsync(fetchFile(world.context, { urls: [`${server.url}/a`], integrity }));
  expect(error).toMatchObject({ code: "NETWORK", details: { transient: true } });
  expect(server.asked).toHaveLength(3);
  expect(readFileSync(partialPath(world.context.directory, `${server.url}/a`))).toEqual(content.subarray(0, 3000));
});

test("breaks after good progress do not add up", async () => {
  using world = fetchWorld();
  const large = randomBytes(8 << 20);
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content: large, etag: '"v1"', cutAfter: (1 << 20) + 1 }),
  );
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity: integrityOf(large) });
  expect(fetched.size).toBe(large.length);
  expect(server.asked).toHaveLength(8);
});

test("a connection on which nothing comes is given up, and the next URL tried", async () => {
  using world = fetchWorld({ stallTimeoutMs: 400, retries: 1 });
  await using server = await startServer((request, response) => {
    if (request.url === "/silent") return;
    serveFile(request, response, { content, stallAfter: request.url === "/stalls" ? 500 : undefined });
  });
  const urls = ["silent", "stalls", "good"].map((name) => `${server.url}/${name}`);
  const fetched = await fetchFile(world.context, { urls, integrity });
  expect(fetched.origin).toBe(urls[2]);
  expect(server.asked).toEqual(["GET /silent", "GET /silent", "GET /stalls", "GET /stalls", "GET /good"]);
  expect(world.said("skipped").map(({ reason }) => reason)).toEqual([
    `${urls[0]}: no data came for 0.4 seconds`,
    `${urls[1]}: no data came for 0.4 seconds`,
  ]);
});

test("errors of the server are tried again with growing delays, errors of the request are not", async () => {
  using world = fetchWorld({ retries: 3, retryDelayMs: 2 });
  await using server = await startServer((request, response, count) => {
    if (request.url === "/forbidden") response.writeHead(403).end("no");
    else if (count <= 3) response.writeHead([500, 503, 429][count - 1] as number).end("busy");
    else serveFile(request, response, { content });
  });
  await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(world.said("retrying").map(({ delayMs }) => delayMs)).toEqual([2, 4, 8]);
  expect(server.asked).toHaveLength(4);
  const error = await caughtAsync(
    fetchFile(world.context, { urls: [`${server.url}/forbidden`], integrity: integrityOf("") }),
  );
  expect(error).toMatchObject({
    code: "NETWORK",
    details: { status: 403 },
    hint: expect.stringContaining("credentials"),
  });
  expect(server.asked).toHaveLength(5);
});

test("an answer that breaks is told with how far it came", async () => {
  using world = fetchWorld({ retries: 0 });
  await using server = await startServer((request, response) => {
    if (request.url === "/none") request.socket.destroy();
    else if (request.url !== "/unknown") serveFile(request, response, { content, etag: '"1"', cutAfter: 1000 });
    else response.write(content.subarray(0, 1000), () => response.destroy());
  });
  const told = async (name: string) =>
    String(await caughtAsync(fetchFile(world.context, { urls: [`${server.url}/${name}`], integrity })));
  expect(await told("a")).toContain(`/a: the connection ended after 1000 of ${content.length} bytes`);
  expect(await told("a")).toContain(`/a: the connection ended after 2000 of ${content.length} bytes`);
  expect(await told("unknown")).toContain("/unknown: the connection ended after 1000 bytes");
  expect(await told("none")).toContain("/none: socket hang up");
});

test("a server's wish to wait can be a date, by its own clock", async () => {
  using world = fetchWorld({ retries: 1 });
  const told = async (header: Readonly<Record<string, string>>) => {
    await using server = await startServer((_, response) => response.writeHead(503, header).end());
    const error = await caughtAsync(fetchFile({ ...world.context, retries: 0 }, { urls: [server.url], integrity }));
    return (error as StoreError).details.waitMs;
  };
  const date = "Wed, 04 Mar 2015 10:00:00 GMT";
  expect(await told({ date, "retry-after": "Wed, 04 Mar 2015 10:00:07 GMT" })).toBe(7000);
  expect(await told({ date, "retry-after": "Wednesday, 04-Mar-15 10:00:08 GMT" })).toBe(8000);
  expect(await told({ date, "retry-after": "Wed, 04 Mar 2015 09:00:00 GMT" })).toBe(0);
  for (const text of ["-5", "tomorrow", "2015-03-04T10:00:07Z", "Wed, 99 Mar 2015 10:00:07 GMT"])
    expect(await told({ date, "retry-after": text })).toBeUndefined();
});

test("a server's wish to wait is granted", async () => {
  using world = fetchWorld({ retries: 1 });
  await using server = await startServer((request, response, count) => {
    if (count === 1) response.writeHead(503, { "retry-after": "0" }).end();
    else serveFile(request, response, { content });
  });
  await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(server.asked).toHaveLength(2);
});

test("nothing listens: an error that names the URL, and no file is left", async () => {
  using world = fetchWorld();
  const error = await caughtAsync(fetchFile(world.context, { urls: ["http://127.0.0.1:1/a"], integrity }));
  expect(error).toMatchObject({
    code: "NETWORK",
    message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/a: .*ECONNREFUSED/),
  });
  expect(existsSync(partialPath(world.context.directory, "http://127.0.0.1:1/a"))).toBe(false);
});

test("bytes are kept as they were sent, whatever the server calls them", async () => {
  using world = fetchWorld();
  await using server = await startServer((_, response) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-type": "text/html" }).end(content);
  });
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(server.headers[0]?.["accept-encoding"]).toBe("identity");
});
