import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FetchContext } from "../../src/sources/fetch-context.ts";
import { fetchNpm } from "../../src/sources/fetch-npm.ts";
import { resolveNpm } from "../../src/sources/resolve-npm.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { type FakePackage, startRegistry } from "../helpers/fake-registry.ts";
import { fetchWorld, integrityOf, startServer, type World } from "../helpers/fetch-world.ts";

const color: FakePackage = {
  tags: { latest: "1.2.0", next: "2.0.0-rc.1" },
  versions: {
    "1.0.0": { content: "color 1.0.0", time: "2019-01-01T00:00:00.000Z" },
    "1.1.0": { content: "color 1.1.0", time: "2019-06-01T00:00:00.000Z" },
    "1.2.0": { content: "color 1.2.0" },
    "1.3.0": { content: "color 1.3.0", deprecated: "broken, use 1.2" },
    "1.10.0": { content: "color 1.10.0", engines: { node: ">=99" } },
    "2.0.0-rc.1": { content: "color 2.0.0-rc.1" },
  },
};

/** The world's context with this `~/.npmrc`. */
function withNpmrc({ path, context }: World, lines: readonly string[]): FetchContext {
  writeFileSync(join(path, ".npmrc"), `${lines.join("\n")}\n`);
  return context;
}

test.each([
  ["color", "1.2.0"],
  ["npm:color", "1.2.0"],
  ["color@latest", "1.2.0"],
  ["color@next", "2.0.0-rc.1"],
  ["color@1.0.0", "1.0.0"],
  ["color@~1.1", "1.1.0"],
  ["color@>=1.3", "1.3.0"],
  ["color@>1.3", "1.10.0"],
  ["other@npm:color@^1.0.0", "1.2.0"],
])("%s is version %s, as npm's rules say", async (spec, version) => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const found = await resolveNpm(withNpmrc(world, [`registry=${registry.registry}`]), spec);
  expect(found).toEqual({
    name: "color",
    packageName: "color",
    version,
    tarball: `${registry.registry}color/-/${version}.tgz`,
    integrity: integrityOf(`color ${version}`, "sha512"),
    registry: registry.registry,
  });
});

test("npm itself takes the same versions", async ({ skip }) => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const context = withNpmrc(world, [`registry=${registry.registry}`]);
  for (const range of ["*", "^1.0.0", "<1.2", ">=1.3", "next", "1.x || 2.x", ">=2.0.0-0"]) {
    const { version } = await resolveNpm(context, `color@${range}`);
    if (!(await npmPack(context, `color@${range}`))) return skip("npm is missing: nothing to compare with");
    expect(registry.asked.at(-1), range).toBe(`GET /npm/color/-/${version}.tgz`);
  }
});

/** Lets npm fetch a package; false when there is no npm. That the fake tarballs are none does not matter. */
async function npmPack({ cwd, env }: FetchContext, spec: string): Promise<boolean> {
  const args = ["pack", spec, "--dry-run", "--ignore-scripts", `--cache=${join(cwd, "cache")}`];
  const child = spawn("npm", args, { cwd, env: env as NodeJS.ProcessEnv, stdio: "ignore" });
  return new Promise((resolve) => {
    child.on("error", () => resolve(false));
    child.on("close", () => resolve(true));
  });
}

test("a scope has its registry, and the credentials go to its host only", async () => {
  using world = fetchWorld();
  const authorization = "Bearer secret-token";
  await using elsewhere = await startServer((_, response) => response.end("moved"));
  const versions = { "1.0.0": { content: "here" }, "2.0.0": { content: "moved", tarball: `${elsewhere.url}/x.tgz` } };
  await using registry = await startRegistry(
    { "@team/tool": { tags: { latest: "2.0.0" }, versions } },
    { authorization },
  );
  const context = withNpmrc(world, [
    "registry=http://127.0.0.1:1/",
    `@team:registry=${registry.registry}`,
    `${registry.registry.replace("http:", "")}:_authToken=\${TOKEN}`,
  ]);
  const withToken = { ...context, env: { ...context.env, TOKEN: "secret-token" } };
  const first = await resolveNpm(withToken, "@team/tool@1");
  expect(first).toMatchObject({ name: "@team/tool", packageName: "@team+tool", version: "1.0.0" });
  expect(registry.asked).toEqual(["GET /npm/@team%2ftool"]);
  const fetched = await fetchNpm(withToken, first);
  expect(fetched).toMatchObject({ fileName: "@team+tool-1.0.0.tgz", integrity: integrityOf("here") });
  const second = await fetchNpm(withToken, await resolveNpm(withToken, "@team/tool"));
  expect(second).toMatchObject({ integrity: integrityOf("moved"), origin: `${elsewhere.url}/x.tgz` });
  expect(registry.headers.map((headers) => headers.authorization)).toEqual([
    authorization,
    authorization,
    authorization,
  ]);
  expect(elsewhere.headers.map((headers) => headers.authorization)).toEqual([undefined]);
  expect(JSON.stringify([fetched, second, world.events])).not.toContain("secret-token");
});

test("user name and password work too, and without them the error says where to look", async () => {
  using world = fetchWorld();
  const authorization = `Basic ${Buffer.from("me:word").toString("base64")}`;
  await using registry = await startRegistry({ color }, { authorization });
  const error = await caughtAsync(resolveNpm(withNpmrc(world, [`registry=${registry.registry}`]), "color"));
  expect(error).toMatchObject({ code: "NETWORK", details: { status: 401 }, hint: expect.stringContaining(".npmrc") });
  const nerfed = registry.registry.replace("http:", "");
  const context = withNpmrc(world, [
    `registry=${registry.registry}`,
    `${nerfed}:username=me`,
    `${nerfed}:_password=${Buffer.from("word").toString("base64")}`,
  ]);
  expect(await resolveNpm(context, "color")).toMatchObject({ version: "1.2.0" });
});

test("a project's .npmrc and npm_config_* count as for npm", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const cwd = join(world.path, "project");
  mkdirSync(join(cwd, "sub"), { recursive: true });
  writeFileSync(join(cwd, "package.json"), "{}");
  writeFileSync(join(cwd, ".npmrc"), `registry=${registry.registry}\ntag=next\n`);
  const context = { ...withNpmrc(world, ["registry=http://127.0.0.1:1/"]), cwd: join(cwd, "sub") };
  expect(await resolveNpm(context, "color")).toMatchObject({ version: "2.0.0-rc.1" });
  const env = { ...context.env, npm_config_registry: "http://127.0.0.1:2/" };
  const error = await caughtAsync(resolveNpm({ ...context, env }, "color"));
  expect(error).toMatchObject({ code: "NETWORK", message: expect.stringContaining("http://127.0.0.1:2/color") });
});

test("reading npm's configuration changes neither the process's environment nor the context's", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const context = withNpmrc(world, [`registry=${registry.registry}`, "omit[]=dev", "user-agent=mine"]);
  const before = [JSON.stringify(process.env), JSON.stringify(context.env)];
  await resolveNpm(context, "color");
  expect([JSON.stringify(process.env), JSON.stringify(context.env)]).toEqual(before);
  expect(registry.headers[0]?.["user-agent"]).toBe("mine");
});

test("before and min-release-age-exclude hold", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color, "@team/color": color });
  const lines = [`registry=${registry.registry}`, "before=2019-07-01", "min-release-age-exclude[]=@team/*"];
  const context = withNpmrc(world, lines);
  expect(await resolveNpm(context, "color@^1")).toMatchObject({ version: "1.1.0" });
  expect(await resolveNpm(context, "@team/color@^1")).toMatchObject({ version: "1.2.0" });
  expect(registry.headers.map(({ accept }) => accept?.includes("install-v1"))).toEqual([false, true]);
});

test("the proxy of npm's configuration is used", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const asked: string[] = [];
  await using proxy = await startServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(502).end();
  });
  const context = { ...withNpmrc(world, [`registry=${registry.registry}`, `proxy=${proxy.url}`]), retries: 0 };
  expect(await caughtAsync(resolveNpm(context, "color"))).toMatchObject({ code: "NETWORK" });
  expect(asked).toEqual([`${registry.registry}color`]);
  const direct = withNpmrc(world, [`registry=${registry.registry}`, `proxy=${proxy.url}`, "noproxy=127.0.0.1"]);
  expect(await resolveNpm(direct, "color")).toMatchObject({ version: "1.2.0" });
});

test("a tarball of npm's own registry is fetched from the configured one, as replace-registry-host says", async () => {
  using world = fetchWorld();
  const { defaultRegistryHost } = await import("../../src/sources/npm-options.ts");
  const home = `https://${defaultRegistryHost()}/color/-/1.0.0.tgz`;
  const versions = {
    "1.0.0": { content: "x", tarball: home },
    "2.0.0": { content: "y", tarball: "http://other.org/y.tgz" },
  };
  await using registry = await startRegistry({ color: { versions } });
  const tarball = async (spec: string, setting?: string) => {
    const lines = [`registry=${registry.registry}`, ...(setting ? [`replace-registry-host=${setting}`] : [])];
    return (await resolveNpm(withNpmrc(world, lines), spec)).tarball;
  };
  expect(await tarball("color@1")).toBe(`${registry.url}/color/-/1.0.0.tgz`);
  expect(await tarball("color@1", "never")).toBe(home);
  expect(await tarball("color@2")).toBe("http://other.org/y.tgz");
  expect(await tarball("color@2", "always")).toBe(`${registry.url}/y.tgz`);
  expect(await tarball("color@2", "other.org")).toBe(`${registry.url}/y.tgz`);
});

test.each([
  "registry=nonsense",
  "registry=http://us:PW@h:99999/",
  "registry=file:///srv/npm",
  "@team:registry=nonsense",
])("%s is refused as a fault of npm's configuration", async (line) => {
  using world = fetchWorld();
  const error = await caughtAsync(resolveNpm(withNpmrc(world, [line]), "@team/tool"));
  expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("npm's configuration") });
  expect(String(error)).not.toContain("PW");
});

test("a tarball is fetched from the web only, and as safely as what the registry says", async () => {
  using world = fetchWorld();
  const from = async (registry: string, tarball: string) => {
    const { tarballUrl } = await import("../../src/sources/npm-registry.ts");
    return tarballUrl(tarball, { url: registry, options: { replaceRegistryHost: "never" } });
  };
  expect(await from("https://r.org/npm/", "http://r.org/a.tgz")).toBe("https://r.org/a.tgz");
  expect(await from("https://r.org/npm/", "https://cdn.org/a.tgz")).toBe("https://cdn.org/a.tgz");
  expect(await from("https://r.org/npm/", "http://cdn.org/a.tgz")).toBeUndefined();
  expect(await from("https://r.org/npm/", "http://r.org:81/a.tgz")).toBeUndefined();
  expect(await from("http://r.org/npm/", "http://cdn.org/a.tgz")).toBe("http://cdn.org/a.tgz");
  expect(await from("http://r.org/npm/", "https://r.org/a.tgz")).toBe("https://r.org/a.tgz");
  const versions = { "1.0.0": { content: "x", tarball: "file:///etc/passwd" } };
  await using registry = await startRegistry({ color: { versions } });
  for (const setting of ["npmjs", "always"]) {
    const context = withNpmrc(world, [`registry=${registry.registry}`, `replace-registry-host=${setting}`]);
    expect(await caughtAsync(resolveNpm(context, "color"))).toMatchObject({
      code: "NETWORK",
      message: `${registry.registry} names file:///etc/passwd for color, which is not as safe`,
    });
  }
});

test("user name and password of a tarball's URL are not kept", async () => {
  using world = fetchWorld();
  const tarball = "http://us:PW@elsewhere.org/a.tgz";
  await using registry = await startRegistry({ color: { versions: { "1.0.0": { content: "x", tarball } } } });
  const found = await resolveNpm(withNpmrc(world, [`registry=${registry.registry}`]), "color");
  expect(found.tarball).toBe("http://elsewhere.org/a.tgz");
  expect(readFileSync(join(world.path, "npm", "color.json"), "utf8")).toMatch(/"http:\/\/elsewhere.org\/a.tgz"/);
});

test("a deprecated version is told", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const context = withNpmrc(world, [`registry=${registry.registry}`]);
  await resolveNpm(context, "color@1.2.0");
  expect(world.said("deprecated")).toEqual([]);
  await resolveNpm(context, "color@1.3.0");
  expect(world.said("deprecated")).toEqual([
    { kind: "deprecated", name: "color", version: "1.3.0", reason: "broken, use 1.2" },
  ]);
});

test("what a registry says is one printable line", async () => {
  using world = fetchWorld();
  const versions = {
    "1.0.0": { content: "x", deprecated: "\u001b[31mdo not use\r\nerror: fake\n" },
    "2.0.0\nerror: fake": { content: "y" },
  };
  await using registry = await startRegistry({ color: { versions } });
  const context = withNpmrc(world, [`registry=${registry.registry}`]);
  await resolveNpm(context, "color@1.0.0");
  expect(world.said("deprecated")).toMatchObject([{ reason: "\\u{1b}[31mdo not use error: fake" }]);
  expect(await caughtAsync(resolveNpm(context, "color@7"))).toMatchObject({
    hint: expect.stringContaining("2.0.0\\u{a}error: fake"),
  });
});

test("a package or version that does not exist is an error that helps", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color, empty: { versions: {} } });
  const context = withNpmrc(world, [`registry=${registry.registry}`]);
  expect(await caughtAsync(resolveNpm(context, "colour"))).toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringContaining(`${registry.registry}colour`),
  });
  expect(await caughtAsync(resolveNpm(context, "color@^7"))).toMatchObject({
    code: "NOT_FOUND",
    message: "no version of color fits '^7'",
    hint: expect.stringContaining("1.3.0"),
  });
  expect(await caughtAsync(resolveNpm(context, "color@beta"))).toMatchObject({ code: "NOT_FOUND" });
  expect(await caughtAsync(resolveNpm(context, "empty"))).toMatchObject({ code: "NOT_FOUND" });
});

test.each([
  "",
  "./color",
  "../color",
  "color.tgz",
  "https://h.org/x.tgz",
  "git+https://h.org/x",
  "team/color",
  "color@file:..",
  "co lor",
  "@team",
  "color@@1",
])("'%s' is no package of a registry", async (spec) => {
  using world = fetchWorld();
  expect(await caughtAsync(resolveNpm(world.context, spec))).toMatchObject({
    code: "INVALID_INPUT",
    hint: expect.any(String),
  });
});

test.each([
  ["no JSON", "<html>"],
  ["a list", "[]"],
  ["versions that are none", '{"versions":7,"dist-tags":{}}'],
  ["a version without a tarball", '{"versions":{"1.0.0":{"version":"1.0.0"}}}'],
  ["a tarball that is no URL", '{"versions":{"1.0.0":{"version":"1.0.0","dist":{"tarball":"x"}}}}'],
  ["no text for a version", '{"versions":{"1.0.0":{"version":1,"dist":{"tarball":"http://h/x"}}}}'],
  ["null for a version", '{"versions":{"1.0.0":null}}'],
])("a registry that answers with %s is refused", async (_, body) => {
  using world = fetchWorld();
  await using server = await startServer((_request, response) => response.end(body));
  const error = await caughtAsync(resolveNpm(withNpmrc(world, [`registry=${server.url}`]), "color"));
  expect(error).toMatchObject({ code: expect.stringMatching(/^(NETWORK|NOT_FOUND)$/) });
});

test.each(["9.9.9", "1.0.1", "v1.0.0"])("a version that calls itself %s is refused", async (version) => {
  using world = fetchWorld();
  const dist = { tarball: "http://h/x", shasum: "0".repeat(40) };
  const versions = { "1.0.0": { version, dist }, "1.0.1": { version: "1.0.1", dist } };
  const body = JSON.stringify({ versions, "dist-tags": { latest: "1.0.0" } });
  await using server = await startServer((_, response) => response.end(body));
  const error = await caughtAsync(resolveNpm(withNpmrc(world, [`registry=${server.url}/`]), "color"));
  expect(error).toMatchObject({ message: expect.stringContaining(`gives color ${version} as another version`) });
  expect(existsSync(join(world.path, "npm"))).toBe(false);
});

test("a version that could not be a store path is refused", async () => {
  using world = fetchWorld();
  const manifest = { version: "../../x", dist: { tarball: "http://h/x", shasum: "0".repeat(40) } };
  const body = JSON.stringify({ versions: { "1.0.0": manifest }, "dist-tags": { latest: "1.0.0" } });
  await using server = await startServer((_, response) => response.end(body));
  const error = await caughtAsync(resolveNpm(withNpmrc(world, [`registry=${server.url}`]), "color"));
  expect(error).toMatchObject({ code: "INVALID_INPUT" });
});

test("offline, the best of what was fetched before is taken", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const context = withNpmrc(world, [`registry=${registry.registry}`]);
  const offline = { ...context, offline: true };
  expect(await caughtAsync(resolveNpm(offline, "color"))).toMatchObject({
    code: "OFFLINE",
    message: expect.stringContaining("npm:color@*"),
  });
  for (const version of ["1.0.0", "1.1.0"]) await fetchNpm(context, await resolveNpm(context, `color@${version}`));
  // Resolved, but never fetched.
  await resolveNpm(context, "color@1.2.0");
  const asked = registry.asked.length;
  const found = await resolveNpm(offline, "color@^1");
  expect(found).toMatchObject({ version: "1.1.0" });
  expect(await fetchNpm(offline, found)).toMatchObject({ reused: true, integrity: integrityOf("color 1.1.0") });
  expect(await resolveNpm(offline, "color@1.0.0")).toMatchObject({ version: "1.0.0" });
  expect(await caughtAsync(resolveNpm(offline, "color@2"))).toMatchObject({ code: "OFFLINE" });
  expect(registry.asked).toHaveLength(asked);
  const record = JSON.parse(readFileSync(join(world.path, "npm", "color.json"), "utf8"));
  expect(Object.keys(record.registries)).toEqual([registry.registry]);
});

test("what another program knows about a registry is kept", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ color });
  const context = withNpmrc(world, [`registry=${registry.registry}`]);
  const path = join(world.path, "npm", "color.json");
  await resolveNpm(context, "color@1.0.0");
  const record = JSON.parse(readFileSync(path, "utf8"));
  record.registries[registry.registry].by = "another";
  writeFileSync(path, JSON.stringify(record));
  await resolveNpm(context, "color@1.1.0");
  const { by, versions } = JSON.parse(readFileSync(path, "utf8")).registries[registry.registry];
  expect([by, Object.keys(versions)]).toEqual(["another", ["1.0.0", "1.1.0"]]);
});

test("the real registry: is-number 7.0.0", async ({ skip }) => {
  using world = fetchWorld({ env: process.env, cwd: process.cwd(), retries: 0, stallTimeoutMs: 20_000 });
  const found = await resolveNpm(world.context, "is-number@7.0.0").catch((error) => error as Error);
  if (found instanceof Error) return skip(`no network: ${found.message}`);
  expect(found.integrity).toBe(
    "sha512-41Cifkg6e8TylSpdtTpeLVMqvSBEVzTttHvERD741+pnZ8ANv0004MRL43QKPDlK9cGvNp6NZWZUBlbGXYxxng==",
  );
  expect(await fetchNpm(world.context, found)).toMatchObject({ fileName: "is-number-7.0.0.tgz", reused: false });
});
