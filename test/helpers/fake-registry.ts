import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { startServer, type TestServer } from "./fetch-world.ts";

export interface FakeVersion {
  readonly content: string;
  readonly deprecated?: string;
  readonly engines?: Readonly<Record<string, string>>;
  /** When it was published. */
  readonly time?: string;
  /** Instead of the right SHA-512. */
  readonly integrity?: string | undefined;
  /** Instead of the right SHA-1. */
  readonly shasum?: string | undefined;
  /** Instead of a URL of the registry itself. */
  readonly tarball?: string;
}

export interface FakePackage {
  readonly tags?: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, FakeVersion>>;
}

export interface FakeRegistry extends TestServer {
  /** URL of the registry: not the top of the server. */
  readonly registry: string;
}

export interface RegistryOptions {
  /** The `authorization` header without which there is nothing. */
  readonly authorization?: string;
}

/** A small npm registry at `/npm/`: packuments by name, tarballs at `/npm/<name>/-/<version>.tgz`. */
export async function startRegistry(
  packages: Readonly<Record<string, FakePackage>>,
  options: RegistryOptions = {},
): Promise<FakeRegistry> {
  let base = "";
  const server = await startServer((request, response) => {
    const path = decodeURIComponent(String(request.url)).replace(/^\/npm\//, "");
    const [name = "", file] = path.split("/-/");
    const found = packages[name];
    const version = file && found?.versions[file.replace(/\.tgz$/, "")];
    if (options.authorization && request.headers.authorization !== options.authorization) {
      response.writeHead(401, { "www-authenticate": "Bearer" }).end("{}");
    } else if (version) response.end(version.content);
    else if (!found || file) response.writeHead(404).end("{}");
    else {
      const zipped = String(request.headers["accept-encoding"]).includes("gzip");
      const body = Buffer.from(JSON.stringify(packument(name, found, base)));
      response.writeHead(200, { "content-type": "application/json", ...(zipped && { "content-encoding": "gzip" }) });
      response.end(zipped ? gzipSync(body) : body);
    }
  });
  base = `${server.url}/npm/`;
  return { ...server, registry: base };
}

function packument(name: string, { tags = {}, versions }: FakePackage, base: string): unknown {
  const manifests = Object.entries(versions).map(([version, { content, deprecated, engines, ...dist }]) => [
    version,
    {
      name,
      version,
      ...(deprecated !== undefined && { deprecated }),
      ...(engines && { engines }),
      dist: {
        tarball: dist.tarball ?? `${base}${name}/-/${version}.tgz`,
        integrity: "integrity" in dist ? dist.integrity : `sha512-${sum("sha512", content).toString("base64")}`,
        shasum: "shasum" in dist ? dist.shasum : sum("sha1", content).toString("hex"),
      },
    },
  ]);
  const times = Object.entries(versions).map(([version, { time }]) => [version, time ?? "2020-01-01T00:00:00.000Z"]);
  return { name, "dist-tags": tags, versions: Object.fromEntries(manifests), time: Object.fromEntries(times) };
}

function sum(algorithm: string, content: string): Buffer {
  return createHash(algorithm).update(content).digest();
}
