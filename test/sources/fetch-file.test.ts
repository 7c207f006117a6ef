import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { StoreError } from "../../src/errors.ts";
import type { FetchContext, FetchEvent } from "../../src/sources/fetch-context.ts";
import { fetchFile } from "../../src/sources/fetch-file.ts";
import { toContentHash } from "../../src/sources/integrity.ts";
import { filePath } from "../../src/sources/source-paths.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { fetchWorld, integrityOf, scratchDirectory, serveFile, startServer } from "../helpers/fetch-world.ts";

const content = Buffer.from("the content of a file\n");
const integrity = integrityOf(content);
const other = integrityOf("something else");

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const error = await caughtAsync(promise);
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}

/** The files of `sources/sha256/`. */
function keptFiles({ directory }: FetchContext): string[] {
  const top = join(directory, "sha256");
  return existsSync(top)
    ? readdirSync(top, { recursive: true, encoding: "utf8" }).filter((name) => name.length > 2)
    : [];
}

test("content that is there is told to come from where it came, whatever is asked for", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const never = "https://never.example/other.tar.gz";
  const asked = async (...urls: string[]) => (await fetchFile(world.context, { urls, integrity })).origin;
  await fetchFile(world.context, { urls: [`${server.url}/first`], integrity });
  expect(await asked(never)).toBe(`${server.url}/first`);
  expect(await asked(never, `${server.url}/first`)).toBe(`${server.url}/first`);
  expect(world.said("fetched").map(({ url }) => url)).toEqual([1, 2, 3].map(() => `${server.url}/first`));
  expect(server.asked).toHaveLength(1);
  rmSync(join(world.path, "urls"), { recursive: true });
  expect(await asked(never)).toBe(never);
});

test("a file comes once and is then found, read-only and under its hash", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const urls = [`${server.url}/dir/file-1.0.tar.gz`];
  const first = await fetchFile(world.context, { urls, integrity });
  expect(first).toMatchObject({
    integrity,
    size: content.length,
    origin: urls[0],
    fileName: "file-1.0.tar.gz",
    reused: false,
  });
  expect(readFileSync(first.path)).toEqual(content);
  expect(first.path).toBe(filePath(world.context.directory, toContentHash(integrity)));
  expect(statSync(first.path).mode & 0o777).toBe(0o444);
  const second = await fetchFile(world.context, { urls, integrity });
  expect(second).toEqual({ ...first, reused: true });
  expect(server.asked).toHaveLength(1);
  expect(world.said("fetched").map(({ reused }) => reused)).toEqual([false, true]);
  expect(readdirSync(join(world.path, "partial"))).toEqual([]);
});

test("integrities of other algorithms are links to the same file", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const sha512 = integrityOf(content, "sha512");
  const fetched = await fetchFile(world.context, { urls: [`${server.url}/a`], integrity: sha512 });
  expect(fetched.integrity).toBe(integrity);
  const link = filePath(world.context.directory, toContentHash(sha512));
  const hex = toContentHash(integrity).hex;
  expect(readlinkSync(link)).toBe(`../../sha256/${hex.slice(0, 2)}/${hex}`);
  expect(readFileSync(link)).toEqual(content);
  for (const known of [sha512, integrity]) {
    const again = await fetchFile(world.context, { urls: [`${server.url}/b`], integrity: known });
    expect(again).toMatchObject({ path: fetched.path, reused: true });
  }
  expect(server.asked).toHaveLength(1);
});

test.each(["sha1", "sha256", "sha384", "sha512"] as const)(
  "wrong content is refused by %s with both values",
  async (algorithm) => {
    using world = fetchWorld();
    await using server = await startServer((request, response) => serveFile(request, response, { content }));
    const expected = integrityOf("something else", algorithm);
    const actual = integrityOf(content, algorithm);
    const error = await failure(fetchFile(world.context, { urls: [`${server.url}/a`], integrity: expected }));
    expect(error).toMatchObject({ code: "INTEGRITY", details: { expected, actual, sha256: integrity } });
    expect(error.message).toContain(expected);
    expect(error.message).toContain(actual);
    expect(error.hint).toContain(integrity);
    expect(keptFiles(world.context)).toEqual([]);
    expect(readdirSync(join(world.path, "partial"))).toEqual([]);
  },
);

test("content without integrity is refused, and the error names the value to add", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const urls = [`${server.url}/a`, `${server.url}/b`];
  const error = await failure(fetchFile(world.context, { urls }));
  expect(error).toMatchObject({ code: "INTEGRITY", details: { actual: integrity } });
  expect(error.hint).toContain(`integrity: ${integrity}`);
  expect(server.asked).toEqual(["GET /a"]);
  // With the value added nothing is fetched again.
  expect(await fetchFile(world.context, { urls, integrity })).toMatchObject({ reused: true });
  expect(server.asked).toEqual(["GET /a"]);
});

test("an integrity that is given as an option is advised as one", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const request = { urls: [`${server.url}/a`], giver: "option" } as const;
  const missing = await failure(fetchFile(world.context, request));
  expect(missing.hint).toContain(`add \`--integrity ${integrity}\``);
  const wrong = await failure(fetchFile(world.context, { ...request, integrity: integrityOf("other") }));
  expect(wrong.hint).toContain(`write \`--integrity ${integrity}\``);
});

test("allowUnverified takes what comes, and asks again the next time", async () => {
  using world = fetchWorld();
  let version = 1;
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content: Buffer.from(`version ${version}`) }),
  );
  const request = { urls: [`${server.url}/a`], allowUnverified: true };
  expect(readFileSync((await fetchFile(world.context, request)).path, "utf8")).toBe("version 1");
  version = 2;
  expect(readFileSync((await fetchFile(world.context, request)).path, "utf8")).toBe("version 2");
  expect(world.said("changed")).toMatchObject([
    {
      url: `${server.url}/a`,
      integrity: integrityOf("version 2"),
      recorded: [{ integrity: integrityOf("version 1") }],
    },
  ]);
});

test("a URL that fails gives way to the next", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => {
    if (request.url === "/missing") response.writeHead(404).end();
    else serveFile(request, response, { content: request.url === "/wrong" ? Buffer.from("wrong") : content });
  });
  const urls = ["missing", "wrong", "right", "never"].map((name) => `${server.url}/${name}`);
  const fetched = await fetchFile(world.context, { urls, integrity });
  expect(fetched).toMatchObject({ origin: `${server.url}/right`, fileName: "missing" });
  expect(server.asked).toEqual(["GET /missing", "GET /wrong", "GET /right"]);
  expect(world.said("skipped").map(({ url }) => url)).toEqual(urls.slice(0, 2));
});

test("a URL that is none gives way like any other that fails, and shows no password", async () => {
  const mirrors = [{ kind: "place", url: "http://us:PW@h:99999/ok" }] as const;
  using world = fetchWorld({ mirrors });
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const urls = ["ftp://us:PW@h/x", `${server.url}/a`];
  const fetched = await fetchFile(world.context, { urls, integrity });
  expect(fetched).toMatchObject({ origin: urls[1], fileName: "x" });
  expect(world.said("skipped").map(({ url }) => url)).toEqual(["http://h:99999/ok", "ftp://h/x"]);
  const error = await failure(fetchFile(world.context, { urls: ["http://us:PW@h:99999/ok"], integrity: other }));
  expect(error).toMatchObject({ code: "INVALID_INPUT" });
  expect(JSON.stringify([world.events, String(error), error])).not.toContain("PW");
});

test("a mirror that no connection can be made to is asked once, and the URL itself as often as ever", async () => {
  const dead = await startServer(() => {});
  await dead[Symbol.asyncDispose]();
  const mirrors = [{ kind: "place", url: dead.url }] as const;
  using world = fetchWorld({ mirrors, unreachable: new Map(), retries: 2 });
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  await fetchFile(world.context, { urls: [`${server.url}/a`], integrity });
  const error = await failure(fetchFile(world.context, { urls: [`${server.url}/a`], integrity: other }));
  expect(error.message).toContain(`${dead.url}/sha256/`);
  expect(world.said("skipped")).toHaveLength(1);
  expect(world.said("retrying")).toEqual([]);
  await failure(fetchFile(world.context, { urls: [`${dead.url}/a`], integrity: other }));
  expect(world.said("retrying").map(({ url }) => url)).toEqual([`${dead.url}/a`, `${dead.url}/a`]);
});

test("a mirror that breaks off is tried again", async () => {
  using scratch = scratchDirectory();
  await using server = await startServer((request, response, count) =>
    serveFile(request, response, { content, cutAfter: count === 1 ? 3 : undefined }),
  );
  using world = fetchWorld({ directory: scratch.path, mirrors: [{ kind: "place", url: server.url }] });
  const fetched = await fetchFile(world.context, { urls: ["http://127.0.0.1:1/a"], integrity });
  expect(fetched.origin).toContain("/sha256/");
  expect(server.asked).toHaveLength(2);
});

test("an interruption is no failure of the place that is being asked", async () => {
  const stop = new AbortController();
  const reason = new StoreError("INTERRUPTED", "interrupted");
  await using server = await startServer(() => stop.abort(reason));
  const mirrors = [{ kind: "place", url: server.url }] as const;
  using world = fetchWorld({ mirrors, signal: stop.signal });
  expect(await failure(fetchFile(world.context, { urls: [`${server.url}/a`], integrity }))).toBe(reason);
  expect(server.asked).toHaveLength(1);
  expect(world.said("skipped")).toEqual([]);
});

test("when all URLs fail, all failures are told", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => {
    if (request.url === "/missing") response.writeHead(404).end();
    else serveFile(request, response, { content });
  });
  const urls = [`${server.url}/missing`, `${server.url}/wrong`, pathToFileURL(join(world.path, "gone")).href];
  const error = await failure(fetchFile(world.context, { urls, integrity: other }));
  expect(error.code).toBe("INTEGRITY");
  for (const part of ["/missing: 404", "/wrong has other content", other, integrity, "gone does not exist"]) {
    expect(error.message).toContain(part);
  }
  expect(error.details.failures).toMatchObject([
    { code: "NOT_FOUND", status: 404 },
    { code: "INTEGRITY", expected: other, actual: integrity },
    { code: "NOT_FOUND" },
  ]);
});

test("configured mirrors are asked first", async () => {
  await using server = await startServer((request, response) => {
    if (request.url === "/mirror/a/x") response.writeHead(404).end();
    else serveFile(request, response, { content });
  });
  const mirrors = [
    { kind: "prefix" as const, from: "http://upstream.invalid/pub", to: `${server.url}/mirror/a` },
    { kind: "prefix" as const, from: "http://upstream.invalid/", to: `${server.url}/mirror/b/` },
  ];
  using world = fetchWorld({ mirrors });
  const fetched = await fetchFile(world.context, { urls: ["http://upstream.invalid/pub/x"], integrity });
  expect(fetched.origin).toBe(`${server.url}/mirror/b/pub/x`);
  expect(server.asked).toEqual(["GET /mirror/a/x", "GET /mirror/b/pub/x"]);
});

test("a place without the file is passed over, one with other content is told", async () => {
  await using server = await startServer((request, response) => {
    if (request.url?.startsWith("/one/")) response.writeHead(404).end();
    else serveFile(request, response, { content: request.url === "/two/x" ? Buffer.from("evil") : content });
  });
  const places = ["one", "two"].map((name) => ({ kind: "place" as const, url: `${server.url}/${name}` }));
  const events: FetchEvent[] = [];
  using world = fetchWorld({ mirrors: places, onEvent: (event) => events.push(event) });
  const url = `${server.url}/upstream/x`;
  expect((await fetchFile(world.context, { urls: [url], integrity })).origin).toContain("/two/sha256/");
  expect(server.asked.map((line) => line.replace(/[0-9a-f]{64}/, "SUM"))).toEqual([
    expect.stringMatching(/^GET \/one\/sha256\/..\/SUM$/),
    "GET /one/x",
    expect.stringMatching(/^GET \/two\/sha256\//),
  ]);
  expect(events.flatMap((event) => (event.kind === "skipped" ? [event.missing] : []))).toEqual([true, true]);
});

test("offline only directories are asked", async () => {
  using scratch = scratchDirectory();
  writeFileSync(join(scratch.path, "x"), content);
  const mirrors = ["http://mirror.invalid", pathToFileURL(scratch.path).href].map((url) => ({
    kind: "place" as const,
    url,
  }));
  using world = fetchWorld({ mirrors, offline: true });
  const found = await fetchFile(world.context, { urls: ["http://upstream.invalid/pub/x"], integrity });
  expect(found.origin).toBe(pathToFileURL(join(scratch.path, "x")).href);
  const error = await failure(fetchFile(world.context, { urls: ["http://upstream.invalid/y"], integrity: other }));
  expect(error.message).not.toContain("mirror.invalid");
});

test("a file: URL needs no integrity, and is copied", async () => {
  using world = fetchWorld({ offline: true });
  using scratch = scratchDirectory();
  const path = join(scratch.path, "a file%.txt");
  writeFileSync(path, content);
  const fetched = await fetchFile(world.context, { urls: [pathToFileURL(path).href] });
  expect(fetched).toMatchObject({ integrity, reused: false, fileName: "a file%.txt" });
  writeFileSync(path, "changed afterwards");
  expect(readFileSync(fetched.path)).toEqual(content);
  expect(readdirSync(join(world.path, "tmp"))).toEqual([]);
});

test("a file: URL with other content, a directory, a missing file and another host are refused", async () => {
  using world = fetchWorld();
  using scratch = scratchDirectory();
  const path = join(scratch.path, "a");
  writeFileSync(path, content);
  const url = pathToFileURL(path).href;
  expect(await failure(fetchFile(world.context, { urls: [url], integrity: other }))).toMatchObject({
    code: "INTEGRITY",
    details: { expected: other, actual: integrity },
  });
  expect(keptFiles(world.context)).toEqual([]);
  expect(await failure(fetchFile(world.context, { urls: [url], maxBytes: 3 }))).toMatchObject({ code: "LIMIT" });
  const code = async (text: string) => (await failure(fetchFile(world.context, { urls: [text] }))).code;
  expect(await code(pathToFileURL(scratch.path).href)).toBe("INVALID_INPUT");
  expect(await failure(fetchFile(world.context, { urls: [`${url}x`] }))).toMatchObject({
    code: "NOT_FOUND",
    hint: `Put the file at ${path}x, or name the place where it is.`,
  });
  expect(await code(`${url}/x`)).toBe("NOT_FOUND");
  expect(await code("file://elsewhere.example.org/a")).toBe("INVALID_INPUT");
  expect(readdirSync(join(world.path, "tmp"))).toEqual([]);
});

test.each(["ftp://h.org/x", "x.tar.gz", "data:text/plain,hello", "", "https://"])(
  "'%s' is no URL to fetch",
  async (url) => {
    using world = fetchWorld();
    expect(await failure(fetchFile(world.context, { urls: [url], integrity }))).toMatchObject({
      code: "INVALID_INPUT",
    });
  },
);

test("no URL at all is refused", async () => {
  using world = fetchWorld();
  expect(await failure(fetchFile(world.context, { urls: [], integrity }))).toMatchObject({ code: "INVALID_INPUT" });
});

test("a kept file that was damaged is told, and fetched again", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const request = { urls: [`${server.url}/a`], integrity };
  const { path } = await fetchFile(world.context, request);
  chmodSync(path, 0o644);
  writeFileSync(path, "damaged");
  const again = await fetchFile(world.context, request);
  expect(readFileSync(again.path)).toEqual(content);
  expect(world.said("damaged")).toEqual([{ kind: "damaged", path }]);
  expect(server.asked).toHaveLength(2);
});

test("offline, what is kept is used and what is missing is named", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const offline = { ...world.context, offline: true };
  const urls = [`${server.url}/a`];
  const error = await failure(fetchFile(offline, { urls, integrity }));
  expect(error).toMatchObject({ code: "OFFLINE", details: { url: urls[0], integrity } });
  expect(error.message).toContain(integrity);
  await fetchFile(world.context, { urls, integrity });
  expect(await fetchFile(offline, { urls, integrity })).toMatchObject({ reused: true, integrity });
  expect(await fetchFile(offline, { urls, allowUnverified: true })).toMatchObject({ reused: true, integrity });
  expect(await failure(fetchFile(offline, { urls }))).toMatchObject({ code: "OFFLINE" });
  expect(server.asked).toHaveLength(1);
});

test("a URL that gives other content than before is told, and the record has both", async () => {
  using world = fetchWorld();
  let now = "2026-01-01T00:00:00.000Z";
  const context = { ...world.context, now: () => new Date(now) };
  let current = "old";
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content: Buffer.from(current) }),
  );
  const urls = [`${server.url}/a`];
  await fetchFile(context, { urls, integrity: integrityOf("old") });
  current = "new";
  now = "2026-02-01T00:00:00.000Z";
  const error = await failure(fetchFile(context, { urls, integrity: integrityOf("newest") }));
  expect(error.hint).toContain("On 2026-01-01T00:00:00.000Z");
  expect(error.hint).toContain(integrityOf("old"));
  expect(world.said("changed")).toMatchObject([{ url: urls[0], integrity: integrityOf("new") }]);
  const [record] = readdirSync(join(world.path, "urls"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );
  expect(JSON.parse(readFileSync(join(world.path, "urls", record as string), "utf8"))).toEqual({
    format: 1,
    url: urls[0],
    contents: [
      { integrity: integrityOf("new"), size: 3, first: now, last: now },
      { integrity: integrityOf("old"), size: 3, first: "2026-01-01T00:00:00.000Z", last: "2026-01-01T00:00:00.000Z" },
    ],
  });
  // The same wrong content a second time: now the integrity is what is suspicious.
  const second = await failure(fetchFile(context, { urls, integrity: integrityOf("newest") }));
  expect(second.hint).toContain("the integrity may be wrong");
});

test("an integrity that changed for a known URL is told, also when its content is kept already", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) =>
    serveFile(request, response, { content: Buffer.from(String(request.url)) }),
  );
  await fetchFile(world.context, { urls: [`${server.url}/1`], integrity: integrityOf("/1") });
  await fetchFile(world.context, { urls: [`${server.url}/2`], integrity: integrityOf("/2") });
  expect(world.said("changed")).toEqual([]);
  await fetchFile(world.context, { urls: [`${server.url}/1`], integrity: integrityOf("/2") });
  expect(world.said("changed")).toMatchObject([
    { url: `${server.url}/1`, integrity: integrityOf("/2"), recorded: [{ integrity: integrityOf("/1") }] },
  ]);
});

test("a record that cannot be read counts as none, and one with more fields keeps them", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const request = { urls: [`${server.url}/a`], allowUnverified: true };
  await fetchFile(world.context, request);
  const key = createHash("sha256").update(`${server.url}/a`).digest("hex");
  const path = join(world.path, "urls", key.slice(0, 2), `${key}.json`);
  const written = JSON.parse(readFileSync(path, "utf8"));
  const old = { ...written.contents[0], integrity: other, by: "another" };
  writeFileSync(
    path,
    JSON.stringify({ ...written, note: "mine", contents: [{ ...written.contents[0], by: "me" }, old] }),
  );
  await fetchFile(world.context, request);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
    note: "mine",
    contents: [{ integrity, by: "me" }, old],
  });
  for (const text of ["{", "[]", '{"format":1,"contents":[{"integrity":"x"},7]}']) {
    writeFileSync(path, text);
    await fetchFile(world.context, request);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ contents: [{ integrity }] });
  }
});

test("credentials go to the host and stay out of records, events and errors", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => {
    if (request.url === "/missing") response.writeHead(404).end();
    else serveFile(request, response, { content });
  });
  const secret = (path: string) => `${server.url.replace("//", "//user:pa%20ss@")}${path}`;
  const fetched = await fetchFile(world.context, { urls: [secret("/a")], integrity });
  expect(server.headers[0]?.authorization).toBe(`Basic ${Buffer.from("user:pa ss").toString("base64")}`);
  const errors = [
    await failure(fetchFile(world.context, { urls: [secret("/missing"), secret("/wrong")], integrity: other })),
    await failure(fetchFile({ ...world.context, offline: true }, { urls: [secret("/a")], integrity: other })),
    await failure(fetchFile(world.context, { urls: [secret("/a").replace("http", "ftp")], integrity: other })),
    await failure(fetchFile(world.context, { urls: ["http://user:pa%20ss@127.0.0.1:1/"], integrity: other })),
  ];
  const records = readdirSync(world.path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .map((name) => readFileSync(join(world.path, name), "utf8"));
  expect(records.length).toBeGreaterThan(0);
  const texts = errors.flatMap(({ message, hint, details, cause }) => [message, hint, details, String(cause)]);
  expect(JSON.stringify([fetched, world.events, records, texts])).not.toMatch(/user|pa%20ss|pa ss/);
});

test("more bytes than allowed are refused, whether the server says so before or not", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => {
    if (request.url === "/told") serveFile(request, response, { content });
    // Told, and nothing of it sent.
    else if (request.url === "/announced") response.writeHead(200, { "content-length": content.length }).flushHeaders();
    else {
      // In one piece Node would tell its length.
      response.write(content.subarray(0, 1));
      response.end(content.subarray(1));
    }
  });
  for (const name of ["told", "announced", "untold"]) {
    const urls = [`${server.url}/${name}`];
    const error = await failure(fetchFile(world.context, { urls, integrity, maxBytes: content.length - 1 }));
    expect(error).toMatchObject({ code: "LIMIT" });
    expect(readdirSync(join(world.path, "partial"))).toEqual([]);
  }
  const fits = await fetchFile(world.context, { urls: [`${server.url}/told`], integrity, maxBytes: content.length });
  expect(fits.size).toBe(content.length);
});

test("two fetches of the same at once both succeed, with one download", async () => {
  using world = fetchWorld();
  const large = randomBytes(3_000_000);
  await using server = await startServer((request, response) => serveFile(request, response, { content: large }));
  const request = { urls: [`${server.url}/a`], integrity: integrityOf(large) };
  const [a, b] = await Promise.all([fetchFile(world.context, request), fetchFile(world.context, request)]);
  expect([a?.reused, b?.reused].sort()).toEqual([false, true]);
  expect(server.asked).toHaveLength(1);
  expect(world.said("waiting")).toHaveLength(1);
});

test("an abort ends a fetch with the signal's reason", async () => {
  const controller = new AbortController();
  using world = fetchWorld({ signal: controller.signal });
  await using server = await startServer((request, response) => {
    serveFile(request, response, { content, stallAfter: 5 });
    setTimeout(() => controller.abort(new Error("enough")), 20);
  });
  const error = await caughtAsync(
    fetchFile(world.context, { urls: [`${server.url}/a`, `${server.url}/b`], integrity }),
  );
  expect(error).toBe(controller.signal.reason);
  expect(server.asked).toHaveLength(1);
});

test("a file name never leaves its directory", async () => {
  using world = fetchWorld();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const name = async (path: string) =>
    (await fetchFile(world.context, { urls: [`${server.url}${path}`], integrity })).fileName;
  expect(await name("/x/..%2f..%2fetc%2fpasswd")).toBe(".._.._etc_passwd");
  expect(await name("/x/%zz.tar")).toBe("%zz.tar");
  expect(await name("/x/")).toBe("x");
  expect(await name("/")).toBe("source");
  mkdirSync(join(world.path, "unused"));
});
