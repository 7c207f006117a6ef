import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe } from "vitest";
import { resolveNpm } from "../../src/sources/resolve-npm.ts";
import { anyInsertion, anyMutation, mutated } from "../helpers/any-change.ts";
import { anyJsonChange } from "../helpers/any-json-change.ts";
import { fetchWorld, startServer } from "../helpers/fetch-world.ts";
import { fuzz } from "./fuzz-target.ts";

const PACKUMENT = {
  name: "color",
  "dist-tags": { latest: "1.2.0", next: "2.0.0-rc.1" },
  versions: Object.fromEntries(
    ["1.0.0", "1.2.0", "2.0.0-rc.1"].map((version) => [
      version,
      {
        name: "color",
        version,
        engines: { node: ">=4" },
        deprecated: "old",
        dist: {
          tarball: `http://127.0.0.1/color/-/${version}.tgz`,
          integrity: "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
          shasum: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        },
      },
    ]),
  ),
};

const metadata = fc
  .tuple(anyJsonChange(PACKUMENT), fc.array(fc.oneof(anyMutation, anyInsertion(['"', "}", "null"])), { maxLength: 1 }))
  .map(([json, changes]) => mutated(Buffer.from(json), changes));

describe("npm metadata", () => {
  fuzz({
    name: "npm",
    inputs: metadata,
    fromBytes: (bytes) => bytes,
    slowness: 4,
    read: async (body) => {
      using world = fetchWorld({ retries: 0 });
      await using server = await startServer((_, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(body);
      });
      writeFileSync(join(world.path, ".npmrc"), `registry=${server.url}/\n`);
      await resolveNpm(world.context, "color@^1.0.0");
    },
  });
});
