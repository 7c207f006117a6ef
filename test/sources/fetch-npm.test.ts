import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchNpm, fetchNpmSpec } from "../../src/sources/fetch-npm.ts";
import { resolveNpm } from "../../src/sources/resolve-npm.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { type FakeVersion, startRegistry } from "../helpers/fake-registry.ts";
import { fetchWorld, integrityOf } from "../helpers/fetch-world.ts";

async function fetchVersion(version: FakeVersion) {
  using world = fetchWorld();
  await using registry = await startRegistry({ color: { versions: { "1.0.0": version } } });
  writeFileSync(join(world.path, ".npmrc"), `registry=${registry.registry}\n`);
  return await fetchNpm(world.context, await resolveNpm(world.context, "color@1.0.0"));
}

test("the tarball is checked by the registry's SHA-512, or by the SHA-1 of old packages", async () => {
  const sha256 = integrityOf("content");
  expect(await fetchVersion({ content: "content" })).toMatchObject({ integrity: sha256, reused: false });
  expect(await fetchVersion({ content: "content", integrity: undefined })).toMatchObject({ integrity: sha256 });
  expect(await fetchVersion({ content: "content", shasum: undefined })).toMatchObject({ integrity: sha256 });
});

test.each<[string, FakeVersion]>([
  ["SHA-512", { content: "content", integrity: integrityOf("other", "sha512") }],
  ["SHA-1", { content: "content", integrity: undefined, shasum: "0".repeat(40) }],
])("a tarball that is not what the registry's %s says is refused", async (_, version) => {
  const error = await caughtAsync(fetchVersion(version));
  expect(error).toMatchObject({
    code: "INTEGRITY",
    hint: "The registry announces other content than it gives: try again, or ask who runs it.",
    details: { sha256: integrityOf("content") },
  });
});

test("a version without any integrity is refused", async () => {
  const error = await caughtAsync(fetchVersion({ content: "content", integrity: undefined, shasum: undefined }));
  expect(error).toMatchObject({ code: "INTEGRITY", message: expect.stringContaining("color@1.0.0") });
});

test.each([
  { integrity: "md5-XXX" },
  { integrity: `${integrityOf("content", "sha512")} sha512-short` },
  { integrity: undefined, shasum: "short" },
])("a hash that is none is the registry's fault: %j", async (hashes) => {
  const error = await caughtAsync(fetchVersion({ content: "content", ...hashes }));
  expect(error).toMatchObject({
    code: "INTEGRITY",
    message: expect.stringMatching(/^the registry http:.* gives no integrity for color@1\.0\.0 that counts: '/),
    hint: expect.not.stringContaining("sha256-<base64>"),
  });
});

test("of several hashes of the strongest kind any can be the tarball's, and no other", async () => {
  using world = fetchWorld();
  const [other, right, third] = ["other", "content", "third"].map((text) => integrityOf(text, "sha512"));
  const weak = integrityOf("content", "sha256");
  const versions = {
    "1.0.0": { content: "content", integrity: `${other} ${right}` },
    "2.0.0": { content: "content", integrity: `${other} ${third} ${weak}` },
  };
  await using registry = await startRegistry({ color: { versions } });
  writeFileSync(join(world.path, ".npmrc"), `registry=${registry.registry}\n`);
  const found = await resolveNpm(world.context, "color@1");
  expect(found).toMatchObject({ integrity: other, alternatives: [right] });
  expect(await fetchNpm(world.context, found)).toMatchObject({ integrity: weak, promised: right });
  expect(await resolveNpm(world.context, "color@1")).toMatchObject({ integrity: right, alternatives: [other] });
  const offline = { ...world.context, offline: true };
  expect(await fetchNpm(offline, await resolveNpm(offline, "color@1"))).toMatchObject({
    reused: true,
    promised: right,
  });
  const error = await caughtAsync(fetchNpm(world.context, await resolveNpm(world.context, "color@2")));
  expect(error).toMatchObject({ code: "INTEGRITY" });
});

test("two names for the same content are one download", async () => {
  using world = fetchWorld();
  const versions = { "1.0.0": { content: "same" }, "2.0.0": { content: "same", integrity: undefined } };
  await using registry = await startRegistry({ color: { versions } });
  writeFileSync(join(world.path, ".npmrc"), `registry=${registry.registry}\n`);
  const first = await fetchNpm(world.context, await resolveNpm(world.context, "color@1.0.0"));
  const again = await fetchNpm(world.context, await resolveNpm(world.context, "color@1.0.0"));
  expect(again).toEqual({ ...first, reused: true });
  const second = await fetchNpm(world.context, await resolveNpm(world.context, "color@2.0.0"));
  expect(second.path).toBe(first.path);
});

test("an integrity of one's own is checked too, and found without asking the registry", async () => {
  using world = fetchWorld();
  await using registry = await startRegistry({ "@team/color": { versions: { "1.0.0": { content: "content" } } } });
  writeFileSync(join(world.path, ".npmrc"), `registry=${registry.registry}\n`);
  const spec = "npm:@team/color@1.0.0";
  const wrong = await caughtAsync(fetchNpmSpec(world.context, { spec, integrity: integrityOf("other", "sha384") }));
  expect(wrong).toMatchObject({ code: "INTEGRITY", details: { actual: integrityOf("content", "sha384") } });
  const integrity = integrityOf("content");
  const asked = registry.asked.length;
  const found = await fetchNpmSpec({ ...world.context, offline: true }, { spec, integrity });
  expect(found).toMatchObject({ integrity, fileName: "@team+color-1.0.0.tgz", reused: true });
  expect(registry.asked).toHaveLength(asked);
  expect(await fetchNpmSpec(world.context, { spec })).toMatchObject({ npmPackage: { version: "1.0.0" }, integrity });
});
