import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseProfileName } from "../../../src/model/ids.ts";
import { exportObjects } from "../../../src/operations/archives/export-objects.ts";
import { obtainObjects } from "../../../src/operations/archives/obtain-objects.ts";
import { archivePath, manifestPath, objectPath } from "../../../src/store/layout.ts";
import { hasObject } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { type Added, addTree, makeWorld } from "../../helpers/worlds.ts";

async function lostObject() {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const added = await addTree(store, { "bin/x": { exec: "#!/bin/sh\n" } });
  const packed = async (to: string) => {
    const [exported] = await exportObjects(store, {
      what: [added.manifest.path],
      profile: parseProfileName("default"),
      cwd: world.directory,
      output: to,
    });
    return exported!.file;
  };
  return { world, store, added, path: added.manifest.path, packed };
}

function lose(store: Store, { path, manifest }: Added): void {
  removeTree(path);
  expect(hasObject(store, manifest.path)).toBe(false);
}

it("tells what is there, what comes from where, and what cannot be had", async () => {
  const { world, store, added, path, packed } = await lostObject();
  expect(await obtainObjects(store, [path], { cwd: "/" })).toEqual({
    obtained: [{ path, from: "store" }],
    missing: [],
  });
  await packed("repository/");
  lose(store, added);
  const none = await obtainObjects(store, [path], { cwd: world.directory });
  expect(none).toEqual({ obtained: [], missing: [{ path, reasons: [expect.any(String)] }] });
  const options = { cwd: world.directory, repositories: ["absent", "repository"] };
  expect(await obtainObjects(store, [path, path], options)).toEqual({
    obtained: [{ path, from: "repository", where: join(world.directory, "repository") }],
    missing: [],
  });
  expect(readFileSync(join(added.path, "bin/x"), "utf8")).toBe("#!/bin/sh\n");
});

it("looks into the archives of the store before repositories, and passes over what is damaged", async () => {
  const { world, store, added, path, packed } = await lostObject();
  mkdirSync(store.layout.archives);
  writeFileSync(archivePath(store.layout, path), readFileSync(await packed("repository/")));
  const options = { cwd: world.directory, repositories: ["repository"] };
  lose(store, added);
  expect((await obtainObjects(store, [path], options)).obtained).toMatchObject([{ from: "archive" }]);
  writeFileSync(archivePath(store.layout, path), "rubbish");
  lose(store, added);
  expect((await obtainObjects(store, [path], options)).obtained).toMatchObject([{ from: "repository" }]);
  writeFileSync(await packed("repository/"), "rubbish");
  lose(store, added);
  const { missing } = await obtainObjects(store, [path], options);
  expect(missing).toEqual([
    {
      path,
      reasons: [
        expect.stringMatching(/^the store's archives: /),
        expect.stringMatching(new RegExp(`^${join(world.directory, "repository")}: `)),
      ],
    },
  ]);
});

it("never takes a file of the right name with other content", async () => {
  const { world, store, added, path, packed } = await lostObject();
  const evil = await addTree(await world.store("evil"), { "bin/x": { exec: "evil" } });
  const [file] = await exportObjects(await world.store("evil"), {
    what: [evil.manifest.path],
    profile: parseProfileName("default"),
    cwd: world.directory,
  });
  writeFileSync(await packed("repository/"), readFileSync(file!.file));
  lose(store, added);
  const { missing } = await obtainObjects(store, [path], { cwd: world.directory, repositories: ["repository"] });
  expect(missing).toMatchObject([{ reasons: [expect.stringContaining(evil.manifest.path)] }]);
  expect(existsSync(objectPath(store.layout, path))).toBe(false);
  expect(existsSync(objectPath(store.layout, evil.manifest.path))).toBe(false);
});

it("replaces an object that is there and damaged, whatever the pool holds", async () => {
  const { world, store, added, path, packed } = await lostObject();
  await packed("repository/");
  const options = { cwd: world.directory, repositories: ["repository"], damaged: new Set([path]) };
  const file = join(added.path, "bin/x");
  // The same inode as in the pool: the damage is in both.
  writeFileSync(file, "#!/bin/no\n");
  expect(await obtainObjects(store, [path], options)).toMatchObject({ obtained: [{ from: "repository" }] });
  expect(readFileSync(file, "utf8")).toBe("#!/bin/sh\n");
  writeFileSync(manifestPath(store.layout, path), "");
  expect(await obtainObjects(store, [path], { ...options, damaged: undefined })).toMatchObject({ missing: [] });
  expect(JSON.parse(readFileSync(manifestPath(store.layout, path), "utf8"))).toMatchObject({ path });
});

it("fetches from an http repository", async () => {
  const { store, added, path, packed } = await lostObject();
  const content = readFileSync(await packed("repository/"));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === `/base/${path}.tar.gz`) response.end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  lose(store, added);
  const result = await obtainObjects(store, [path], { cwd: "/", repositories: [`${url}/other`, `${url}/base/`] });
  expect(result).toMatchObject({ obtained: [{ from: "repository", where: `${url}/base/` }] });
  expect(asked).toEqual([`/other/${path}.tar.gz`, `/base/${path}.tar.gz`]);
});

it("gives up a repository whose files have no end, and keeps nothing of them", async () => {
  const { store, added, path } = await lostObject();
  const chunk = Buffer.alloc(1 << 16);
  const server = createServer((_request, response) => {
    const more = () => {
      while (response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  lose(store, added);
  const limits = { maxBytes: 1 << 20 };
  const { missing } = await obtainObjects(store, [path], { cwd: "/", repositories: [url], limits });
  expect(missing).toMatchObject([{ reasons: [expect.stringMatching(/is larger than 1048576 bytes; .*--max-bytes/)] }]);
  expect(readdirSync(join(store.layout.sources, "partial"))).toEqual([]);
});
