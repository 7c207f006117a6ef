import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
    const byNpm = await npmPack(context, `color@${range}`);
    if (byNpm === undefined) return skip("npm is missing: nothing to compare with");
    expect(version, range).toBe(byNpm);
  }
});

/** The version that `npm pack` chooses, or `undefined` when there is no npm. */
async function npmPack(context: FetchContext, spec: string): Promise<string | undefined> {
  const { spawn } = await import("node:child_process");
  const args = ["pack", spec, "--dry-run", "--json", "--ignore-scripts", `--cache=${join(context.cwd, "cache")}`];
  return new Promise((resolve) => {
    const child = spawn("npm", args, { cwd: context.cwd, env: context.env as NodeJS.ProcessEnv });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    child.on("error", () => resolve(undefined));
    // The tarballs of the fake registry are none, so npm fails after it has chosen; it names its choice.
    child.on("close", () => resolve(/color\/-\/([^/\s]+)\.tgz/.exec(text)?.[1] ?? text));
  });
}
