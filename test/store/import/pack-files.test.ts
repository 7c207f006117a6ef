import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlobId } from "../../../src/model/ids.ts";
import type { ImportedFile } from "../../../src/store/import/import-settings.ts";
import {
  hasFlag,
  joinFiles,
  packFiles,
  pickFiles,
  placesOf,
  unpackFiles,
} from "../../../src/store/import/pack-files.ts";

const anyFile: fc.Arbitrary<ImportedFile> = fc.record({
  id: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString("hex") as unknown as BlobId),
  size: fc.nat({ max: 2 ** 40 }),
  print: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  executable: fc.boolean(),
  pooled: fc.boolean(),
  mentions: fc.boolean(),
  fromLocal: fc.boolean(),
  fromCanonical: fc.boolean(),
  baseNames: fc.option(fc.array(fc.string(), { minLength: 1 }), { nil: undefined }),
});
const anyFiles = fc.array(anyFile, { maxLength: 12 });

describe("packed files", () => {
  it("come out as they went in", () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        expect(unpackFiles(packFiles(files))).toEqual(files);
      }),
    );
  });

  it("can be picked by what holds for them", () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        const packed = packFiles(files);
        const places = placesOf(packed, (at) => hasFlag(packed, at, "pooled"));
        expect(unpackFiles(pickFiles(packed, places))).toEqual(files.filter(({ pooled }) => pooled));
      }),
    );
  });

  it("can be joined", () => {
    fc.assert(
      fc.property(fc.array(anyFiles, { maxLength: 4 }), (parts) => {
        expect(unpackFiles(joinFiles(parts.map(packFiles)))).toEqual(parts.flat());
      }),
    );
  });
});
