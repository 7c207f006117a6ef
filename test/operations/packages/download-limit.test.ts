import { expect, test } from "vitest";
import { add } from "../../../src/operations/packages/add.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { integrityOf, startServer } from "../../helpers/fetch-world.ts";
import { makeWorld } from "../../helpers/worlds.ts";

test("what an archive may hold bounds the download, too", async () => {
  const store = await makeWorld({ memory: true }).store();
  const content = Buffer.alloc(2000, "x");
  await using server = await startServer((_request, response) => response.end(content));
  const input = { from: `${server.url}/text-1.0`, cwd: "/", integrity: integrityOf(content) };
  expect(await caughtAsync(add(store, { ...input, limits: { maxBytes: 1999 } }))).toMatchObject({
    code: "LIMIT",
    details: { limit: "maxBytes" },
  });
  expect(await add(store, { ...input, limits: { maxBytes: 2000 } })).toMatchObject({ reused: false });
});
