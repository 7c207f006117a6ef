import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { baseNameAt, findLandmarks, LONGEST_BASE_NAME } from "../../../src/model/search/find-landmarks.ts";
import { createSearchRoom, type SearchRoom } from "../../../src/model/search/search-room.ts";

const DIGEST = "mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba";
const SIZE = 4096;

function makeRoom(): SearchRoom {
  const room = createSearchRoom(SIZE);
  if (!room) throw new Error("there is no WebAssembly here");
  return room;
}

/** What is found in a text that lies in the room at `at`, with other bytes before and behind it. */
function findInRoom(room: SearchRoom, text: string, { at, around }: { at: number; around: string }) {
  room.buffer.fill(around, "latin1");
  const bytes = room.buffer.subarray(at, at + text.length);
  bytes.write(text, "latin1");
  return listed((landmarks) => room.find(bytes, landmarks));
}

function listed(find: (landmarks: { storeDir(at: number): void; digits(at: number): void }) => void) {
  const found: string[] = [];
  find({ storeDir: (at) => found.push(`storeDir ${at}`), digits: (at) => found.push(`digits ${at}`) });
  return found.sort();
}

/** Every place tried, one after the other. */
function findSlowly(text: string): string[] {
  const storeDirs = [...text.matchAll(/(?=\/pkgs_)/g)].map(({ index }) => `storeDir ${index}`);
  const digits = [...text.matchAll(/(?=(?:[a-z2-7]{32}|0{32})-)/g)].map(({ index }) => `digits ${index}`);
  return [...storeDirs, ...digits].sort();
}

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        DIGEST,
        DIGEST.slice(1),
        `${DIGEST}-`,
        "0".repeat(32),
        "0".repeat(31),
        "-",
        "/pkgs_",
        "/pkgs",
        "/p",
      ),
      fc.constantFrom("k", "_", "a".repeat(16), "a".repeat(40), "zlib-1.3", "0", "1", "8", "/", "\xff", "\0", "Z"),
      // Where nothing looks like a place, four blocks are passed at once.
      fc.integer({ min: 40, max: 140 }).map((length) => "\xff ".repeat(length / 2)),
      fc.string({ unit: fc.constantFrom("a", "2", "-", "1", ".", "0", "/", "k"), maxLength: 40 }),
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join("").slice(0, 1000));

describe("the search in a room", () => {
  const room = makeRoom();

  it("finds what every place tried finds, wherever the bytes lie and whatever lies around them", () => {
    const anyPlace = fc.record({
      at: fc.nat(SIZE - 1000),
      around: fc.constantFrom("\0", "a", "0", "-", "_", "/pkgs_", DIGEST, `${DIGEST}-`),
    });
    fc.assert(
      fc.property(anyText, anyPlace, (text, place) => {
        expect(findInRoom(room, text, place)).toEqual(findSlowly(text));
        expect(listed((landmarks) => findLandmarks(Buffer.from(text, "latin1"), landmarks))).toEqual(findSlowly(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("finds what stands at each place of a block, also at the very end", () => {
    for (let before = 0; before < 80; before++) {
      for (const mark of ["/pkgs_", `${DIGEST}-`, `${"0".repeat(32)}-`]) {
        const text = "/".repeat(before) + mark;
        expect(findInRoom(room, text, { at: SIZE - text.length, around: "\0" })).toEqual(findSlowly(text));
        expect(findInRoom(room, text.slice(0, -1), { at: 7, around: mark.slice(-1) })).toEqual(
          findSlowly(text.slice(0, -1)),
        );
      }
    }
  });

  it("finds the same in bytes that lie elsewhere", () => {
    const bytes = Buffer.from(`x/pkgs___/${DIGEST}-zlib-1.3/lib`);
    const found: string[] = [];
    room.find(bytes, {
      storeDir: (at) => found.push(`${at}`),
      digits: (at) => found.push(baseNameAt(bytes, at)),
    });
    expect(found).toEqual(["1", `${DIGEST}-zlib-1.3`]);
  });

  it("finds what stands behind a long run of digits", () => {
    const long = createSearchRoom(1 << 22) as SearchRoom;
    long.buffer.fill("a");
    let found = 0;
    long.find(long.buffer, { storeDir: () => {}, digits: () => (found += 1) });
    expect(found).toBe(0);
    long.buffer.write("-", (1 << 22) - LONGEST_BASE_NAME);
    long.find(long.buffer, { storeDir: () => {}, digits: () => (found += 1) });
    expect(found).toBe(1);
  });

  it("cannot be had where there is no WebAssembly, or no memory for it", () => {
    const { Memory } = WebAssembly;
    try {
      vi.spyOn(WebAssembly, "Memory").mockImplementation(function fail() {
        throw new RangeError("WebAssembly.Memory(): could not allocate memory");
      } as never);
      expect(createSearchRoom(SIZE)).toBeUndefined();
    } finally {
      vi.restoreAllMocks();
    }
    expect(WebAssembly.Memory).toBe(Memory);
  });
});

it("what `npm run assemble` made is of the text beside it", async () => {
  const { assemble } = (await import(`${import.meta.dirname}/../../../scripts/assemble.mjs`)) as {
    assemble(): Promise<string>;
  };
  const path = `${import.meta.dirname}/../../../src/model/search/next-landmark-code.ts`;
  expect(await assemble()).toBe(readFileSync(path, "utf8"));
});
