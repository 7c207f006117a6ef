import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../../src/errors.ts";
import { detectArchive, extractArchive } from "../../../src/system/archive/extract-archive.ts";
import { anyMutation, type Mutation } from "../../helpers/any-change.ts";
import { gnuLong, makeTar, makeZip, octal, paxHeader, type TarMember } from "../../helpers/archives.ts";
import { makeWorld, readTree } from "../../helpers/worlds.ts";

const MEMBERS: readonly TarMember[] = [
  { name: "top/" },
  { name: "top/file", content: "content ".repeat(100), mode: 0o755 },
  { name: "top/link", type: "2", link: "../../around" },
  { name: "top/hard", type: "1", link: "top/file" },
  gnuLong("L", `top/${"long".repeat(40)}`),
  { name: "x", content: "long", format: "gnu" },
  paxHeader({ path: `top/${"pax".repeat(60)}`, size: "3", comment: "none" }),
  { name: "x", content: "pax" },
  paxHeader({ "GNU.sparse.size": "5000", "GNU.sparse.map": "1000,3,4000,2" }),
  { name: "top/sparse", content: "abcde" },
  {
    name: "top/old",
    type: "S",
    format: "gnu",
    content: "data",
    patch: (header) => {
      Buffer.concat([octal(100), octal(4)]).copy(header, 386);
      octal(3000).copy(header, 483);
    },
  },
  { name: "top/link/through", content: "x", size: 1 },
];

/** The last entry would go through a symlink, so that each seed has one that is honest and one that is not. */
const HONEST = makeTar(MEMBERS.slice(0, -1));
const ZIP = makeZip([
  { name: "top/" },
  { name: "top/file", content: "content ".repeat(100), mode: 0o100755 },
  { name: "top/link", content: "../../around", mode: 0o120777 },
  { name: "top/stored", content: "stored", isStored: true },
]);

const SEEDS: readonly (readonly [string, Buffer])[] = [
  ["tar", HONEST],
  ["hostile tar", makeTar(MEMBERS)],
  ["tar.gz", gzipSync(HONEST)],
  ["zip", ZIP],
];

/** Changes a field of a tar header and makes its checksum right again, so that the change is not noticed there. */
const anyFieldChange: fc.Arbitrary<Mutation> = fc
  .record({
    block: fc.nat(30),
    at: fc.nat(511),
    bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 12 }), anyName()),
  })
  .map(
    ({ block, at, bytes: change }) =>
      (bytes) =>
        withField(bytes, block * 512, { at, change }),
  );

function anyName(): fc.Arbitrary<Uint8Array> {
  return fc
    .constantFrom("..", "/", "top/link/x", "../x\0", "\0", "77777777777", "00000000000", "x", "L", "S", "g", "M")
    .map((text) => Buffer.from(text));
}

function withField(
  bytes: Buffer,
  start: number,
  { at, change }: { readonly at: number; readonly change: Uint8Array },
): Buffer {
  if (start + 512 > bytes.length) return bytes;
  const result = Buffer.from(bytes);
  const header = result.subarray(start, start + 512);
  header.set(change.subarray(0, 512 - at), at);
  header.write(" ".repeat(8), 148);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return result;
}

describe.each(SEEDS)("changed bytes of a %s", (kind, seed) => {
  const anyChange = kind.endsWith("tar") ? fc.oneof(anyMutation, anyFieldChange) : anyMutation;

  it("end in an extracted archive or in a StoreError, and outside of the target nothing changes", async () => {
    const { directory, tree } = makeWorld();
    tree({ "around/canary": "canary", "around/target": { directory: true } }, directory);
    const archive = join(directory, "archive");
    const target = join(directory, "around/target");
    const limits = { maxBytes: 2 ** 26, maxRatio: 1000, maxEntries: 1000 };
    await fc.assert(
      fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 4 }), async (changes) => {
        rmSync(target, { recursive: true, force: true });
        tree({}, target);
        const bytes = changes.reduce((result, change) => (result.length === 0 ? result : change(result)), seed);
        writeFileSync(archive, bytes);
        expectStoreError(await caughtOrNothing(detectArchive(archive)));
        expectStoreError(await caughtOrNothing(extractArchive(archive, target, { strip: "auto", limits })));
        const outside = [...readTree(directory)].filter(([path]) => !path.startsWith("around/target"));
        expect(outside.map(([path, seen]) => [path, seen.kind, path === "archive" || seen.content.toString()])).toEqual(
          [
            ["", "directory", ""],
            ["archive", "file", true],
            ["around", "directory", ""],
            ["around/canary", "file", "canary"],
          ],
        );
        expect([...readTree(target).values()].every(({ kind }) => kind !== "other")).toBe(true);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 200) },
    );
  });
});

function caughtOrNothing(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function expectStoreError(error: unknown): void {
  if (error !== undefined && !(error instanceof StoreError)) throw new Error("not a StoreError", { cause: error });
}
