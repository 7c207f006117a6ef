import { createHash } from "node:crypto";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FetchContext, FetchEvent } from "../../src/sources/fetch-context.ts";
import { type Algorithm, type Integrity, parseIntegrity } from "../../src/sources/integrity.ts";

/** A directory that vanishes with the test. */
export interface Scratch extends Disposable {
  readonly path: string;
}

export function scratchDirectory(): Scratch {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "store-fetch-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface World extends Scratch {
  readonly context: FetchContext;
  readonly events: FetchEvent[];
  /** The events of one kind. */
  readonly said: <Kind extends FetchEvent["kind"]>(kind: Kind) => Extract<FetchEvent, { kind: Kind }>[];
}

/** An empty `sources/` and a context for it: short delays, no proxies, a clock that stands. */
export function fetchWorld(overrides: Partial<FetchContext> = {}): World {
  const scratch = scratchDirectory();
  const events: FetchEvent[] = [];
  const context: FetchContext = {
    directory: scratch.path,
    offline: false,
    env: { PATH: process.env.PATH, HOME: scratch.path },
    cwd: scratch.path,
    now: () => new Date("2026-03-01T12:00:00Z"),
    onEvent: (event) => events.push(event),
    stallTimeoutMs: 10_000,
    retries: 2,
    retryDelayMs: 1,
    ...overrides,
  };
  return {
    ...scratch,
    context,
    events,
    said: (kind) => events.filter((event): event is Extract<FetchEvent, { kind: typeof kind }> => event.kind === kind),
  };
}

export function integrityOf(content: string | Buffer, algorithm: Algorithm = "sha256"): Integrity {
  return parseIntegrity(`${algorithm}-${createHash(algorithm).update(content).digest("base64")}`);
}

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What was asked for, in order: `<method> <url>`. */
  readonly asked: string[];
  /** Headers of the requests, in the same order. */
  readonly headers: IncomingMessage["headers"][];
}

export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server whose handler also gets the number of the request, from 1. */
export async function startServer(handler: Handler): Promise<TestServer> {
  const asked: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    handler(request, response, asked.length);
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, asked, headers, [Symbol.asyncDispose]: () => close(server) };
}

export async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export interface Serving {
  readonly etag?: string;
  readonly lastModified?: string;
  /** Answer range requests; default: true. */
  readonly ranges?: boolean;
  /** Break the connection after this many bytes of the body. */
  readonly cutAfter?: number | undefined;
  /** Send nothing more after this many bytes of the body. */
  readonly stallAfter?: number | undefined;
}

/** Answers with a file as a web server does (RFC 9110, 14). */
export function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  { content, ...serving }: Serving & { readonly content: Buffer },
): void {
  const validator = serving.etag ?? serving.lastModified;
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const condition = request.headers["if-range"];
  const partial = range && serving.ranges !== false && (condition === undefined || condition === validator);
  const start = partial ? Number(range[1]) : 0;
  if (start >= content.length && partial) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  response.writeHead(partial ? 206 : 200, {
    "content-length": content.length - start,
    ...(serving.etag && { etag: serving.etag }),
    ...(serving.lastModified && { "last-modified": serving.lastModified }),
    ...(partial && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  const limit = serving.cutAfter ?? serving.stallAfter;
  if (limit === undefined) response.end(content.subarray(start));
  else
    response.write(content.subarray(start, start + limit), () => serving.cutAfter !== undefined && response.destroy());
}
