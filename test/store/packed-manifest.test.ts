import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { fromText } from "../../src/model/byte-string.ts";
import { parseBaseName, parsePackageName, parsePackageVersion, parseTreeId } from "../../src/model/ids.ts";
import { PACKED_MANIFEST, printPackedManifest } from "../../src/model/packed-object.ts";
import { readPackedManifest } from "../../src/store/packed-manifest.ts";
import { type TarMember, writeTar } from "../../src/system/archive/tar/write-tar.ts";
import { makeWorld } from "../helpers/worlds.ts";

const name = (number: number) =>
  parseBaseName(
    `${createHash("sha512")
      .update(String(number))
      .digest("hex")
      .replace(/[0189]/g, "z")
      .slice(0, 32)}-demo-1`,
  );

function packed(references: number, zeros: number): string {
  const manifest = {
    path: name(-1),
    name: parsePackageName("demo"),
    version: parsePackageVersion("1"),
    treeId: parseTreeId("0".repeat(64)),
    size: zeros,
    files: 1,
    references: Array.from({ length: references }, (_, number) => name(number)),
    width: undefined,
  };
  const text = Buffer.from(printPackedManifest(manifest));
  const members: TarMember[] = [
    { kind: "file", path: fromText(PACKED_MANIFEST), executable: false, size: text.length, content: () => [text] },
    { kind: "file", path: fromText("tree/x"), executable: false, size: zeros, content: () => [Buffer.alloc(zeros)] },
  ];
  const file = join(makeWorld().directory, "packed.tar.gz");
  writeFileSync(file, gzipSync(Buffer.concat([...writeTar(members)])));
  return file;
}

it.each([
  [3, 1 << 10],
  [3, 80 << 20],
  [20_000, 1 << 10],
  [20_000, 80 << 20],
])("what a packed object with %d references says is found, whatever %d bytes follow it", (references, zeros) => {
  const found = readPackedManifest(packed(references, zeros));
  expect(found?.references.length).toBe(references);
});

it.each([
  ["no gzip file", Buffer.from("rubbish")],
  ["nothing", Buffer.alloc(0)],
  ["zeros", gzipSync(Buffer.alloc(100 << 20))],
  ["the beginning of a header", gzipSync(Buffer.from(PACKED_MANIFEST))],
])("%s says nothing", (_what, content) => {
  const file = join(makeWorld().directory, "file");
  writeFileSync(file, content);
  expect(readPackedManifest(file)).toBeUndefined();
});
