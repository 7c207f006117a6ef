import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createPlainServer, request as plainRequest, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchFile } from "../../src/sources/fetch-file.ts";
import { fetchGit } from "../../src/sources/fetch-git.ts";
import { caughtAsync } from "../helpers/caught.ts";
import {
  close,
  fetchWorld,
  integrityOf,
  listen,
  scratchDirectory,
  serveFile,
  startServer,
} from "../helpers/fetch-world.ts";
import { hasGit } from "../helpers/git-repository.ts";

const content = Buffer.from("content behind redirects and proxies\n");
const integrity = integrityOf(content);

test("redirects are followed, relative ones too, and the credentials stay with their host", async () => {
  using world = fetchWorld();
  await using target = await startServer((request, response) => serveFile(request, response, { content }));
  await using server = await startServer((request, response) => {
    response.writeHead(302, { location: request.url === "/a" ? "../b" : `${target.url}/c` }).end("see there");
  });
  const url = `${server.url.replace("//", "//user:secret@")}/a`;
  const fetched = await fetchFile(world.context, { urls: [url], integrity });
  expect(fetched.origin).toBe(`${server.url}/a`);
  expect(server.asked).toEqual(["GET /a", "GET /b"]);
  expect(server.headers.map(({ authorization }) => typeof authorization)).toEqual(["string", "string"]);
  expect(target.headers[0]?.authorization).toBeUndefined();
});

test.each([
  ["round and round", "/again", "more than 10 times"],
  ["nowhere", undefined, "not to a URL"],
  ["to no URL", "http://", "not to a URL"],
  ["to a file", "file:///etc/passwd", "not as safe"],
])("a redirect %s is refused", async (_, location, reason) => {
  using world = fetchWorld();
  await using server = await startServer((_request, response) => {
    response.writeHead(301, location === undefined ? {} : { location }).end();
  });
  const error = await caughtAsync(fetchFile(world.context, { urls: [`${server.url}/a`], integrity }));
  expect(error).toMatchObject({ code: "NETWORK", message: expect.stringContaining(reason), hint: expect.any(String) });
  expect(server.asked.length).toBeLessThanOrEqual(11);
});

/** A proxy that passes on plain requests and opens tunnels; `seen` tells which. */
async function startProxy(): Promise<
  AsyncDisposable & { readonly url: string; readonly seen: string[]; readonly auth: unknown[] }
> {
  const seen: string[] = [];
  const auth: unknown[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createPlainServer((request, response) => {
    seen.push(`GET ${request.url}`);
    auth.push(request.headers["proxy-authorization"]);
    plainRequest(String(request.url), { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on("connect", (request, client: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    auth.push(request.headers["proxy-authorization"]);
    const [host = "", port = ""] = String(request.url).split(":");
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) sockets.add(socket.on("error", () => undefined));
  });
  const port = await listen(server);
  const end = async () => {
    for (const socket of sockets) socket.destroy();
    await close(server);
  };
  return { url: `http://127.0.0.1:${port}`, seen, auth, [Symbol.asyncDispose]: end };
}

test("the proxy of the environment is used, with its credentials, and no_proxy goes past it", async () => {
  using world = fetchWorld();
  await using proxy = await startProxy();
  await using server = await startServer((request, response) => serveFile(request, response, { content }));
  const env = { ...world.context.env, http_proxy: proxy.url.replace("//", "//me:secret@") };
  await fetchFile({ ...world.context, env }, { urls: [`${server.url}/a`], integrity });
  expect(proxy.seen).toEqual([`GET ${server.url}/a`]);
  expect(proxy.auth).toEqual([`Basic ${Buffer.from("me:secret").toString("base64")}`]);
  const direct = { ...world.context, env: { ...env, NO_PROXY: "127.0.0.1" } };
  await fetchFile(direct, { urls: [`${server.url}/b`], allowUnverified: true });
  expect(server.asked).toEqual(["GET /a", "GET /b"]);
  expect(proxy.seen).toHaveLength(1);
});

test("a proxy that is not there is an error that names the URL", async () => {
  using world = fetchWorld({ retries: 0 });
  const env = { ...world.context.env, http_proxy: "http://me:secret@127.0.0.1:1" };
  const error = await caughtAsync(
    fetchFile({ ...world.context, env }, { urls: ["http://example.invalid/a"], integrity }),
  );
  expect(error).toMatchObject({ code: "NETWORK", message: expect.stringContaining("http://example.invalid/a") });
  expect(JSON.stringify([error, String(error)])).not.toContain("secret");
});

const OPENSSL = "openssl";

/** An https server with a certificate of its own for 127.0.0.1, or `undefined` where openssl is missing. */
async function startSecureServer(directory: string, location?: string) {
  const key = join(directory, "key.pem");
  const certificate = join(directory, "cert.pem");
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  try {
    execFileSync(OPENSSL, [...args, "-keyout", key, "-out", certificate, ...subject], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const server = createSecureServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
      if (location !== undefined) response.writeHead(302, { location }).end();
      else serveFile(request, response, { content });
    },
  );
  const port = await listen(server);
  return {
    url: `https://127.0.0.1:${port}`,
    certificate,
    [Symbol.asyncDispose]: () => close(server as unknown as Server),
  };
}

test("https: a certificate that nobody vouches for is refused, SSL_CERT_FILE vouches, tunnels work", async ({
  skip,
}) => {
  using world = fetchWorld({ retries: 0 });
  using scratch = scratchDirectory();
  await using server = await startSecureServer(scratch.path);
  if (!server) return skip("openssl is missing: no certificate for a local https server");
  const request = { urls: [`${server.url.replace("127.0.0.1", "localhost")}/a`], integrity };
  expect(await caughtAsync(fetchFile(world.context, request))).toMatchObject({
    code: "NETWORK",
    hint: expect.stringMatching(/vouches.*NODE_EXTRA_CA_CERTS.*SSL_CERT_FILE.*cafile/),
  });
  const env = { ...world.context.env, SSL_CERT_FILE: join(scratch.path, "none.pem") };
  expect(await caughtAsync(fetchFile({ ...world.context, env }, request))).toMatchObject({ code: "INVALID_INPUT" });
  await using proxy = await startProxy();
  const trusting = { ...world.context.env, SSL_CERT_FILE: server.certificate, https_proxy: proxy.url };
  expect(await fetchFile({ ...world.context, env: trusting }, request)).toMatchObject({ integrity, reused: false });
  expect(proxy.seen).toEqual([`CONNECT localhost:${new URL(server.url).port}`]);
});

test.skipIf(!hasGit())("git: a certificate that nobody vouches for is told with how to trust it", async ({ skip }) => {
  using world = fetchWorld({ retries: 0 });
  using scratch = scratchDirectory();
  await using server = await startSecureServer(scratch.path);
  if (!server) return skip("openssl is missing: no certificate for a local https server");
  const request = { url: `${server.url}/repository`, commit: "a".repeat(40) };
  const failure = async (env = {}) =>
    await caughtAsync(fetchGit({ ...world.context, env: { ...world.context.env, ...env } }, request));
  expect(await failure()).toMatchObject({ code: "NETWORK", hint: expect.stringContaining("GIT_SSL_CAINFO") });
  expect(await failure({ GIT_SSL_CAINFO: server.certificate })).toMatchObject({
    hint: expect.not.stringContaining("GIT_SSL_CAINFO"),
  });
});

test("a redirect from https to http is refused", async ({ skip }) => {
  using world = fetchWorld();
  using scratch = scratchDirectory();
  await using plain = await startServer((request, response) => serveFile(request, response, { content }));
  await using server = await startSecureServer(scratch.path, `${plain.url}/a`);
  if (!server) return skip("openssl is missing: no certificate for a local https server");
  const context = { ...world.context, env: { ...world.context.env, SSL_CERT_FILE: server.certificate } };
  const error = await caughtAsync(fetchFile(context, { urls: [`${server.url}/a`], integrity }));
  expect(error).toMatchObject({ code: "NETWORK", message: expect.stringContaining("not as safe") });
  expect(plain.asked).toEqual([]);
});
