import { expect, test } from "vitest";
import { parseBaseName } from "../../src/model/ids.ts";
import { parseRepositoryIndex, printRepositoryIndex, unknownInIndex } from "../../src/model/repository-index.ts";
import { caught } from "../helpers/caught.ts";

const object = parseBaseName(`${"a".repeat(32)}-zlib-1.3.1`);

test("an index says what was printed", () => {
  const index = new Map([[object, `old/${object}.tar.gz`]]);
  expect(parseRepositoryIndex(printRepositoryIndex(index), "i")).toEqual(index);
});

test.each([
  ["text that is no JSON", "<html>"],
  ["no objects", `{"format":1}`],
  ["what is no object", `{"format":1,"objects":{"zlib":"zlib.tar.gz"}}`],
  ["a path that leads out", `{"format":1,"objects":{"${object}":"../${object}.tar.gz"}}`],
  ["an absolute path", `{"format":1,"objects":{"${object}":"/${object}.tar.gz"}}`],
  ["a path that leads to another file", `{"format":1,"objects":{"${object}":"other.tar.gz"}}`],
  ["a path that is none", `{"format":1,"objects":{"${object}":7}}`],
])("%s is refused", (_, text) => {
  expect(caught(() => parseRepositoryIndex(text, "i"))).toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining("i is no index"),
  });
});

test("a newer format is refused as such", () => {
  expect(caught(() => parseRepositoryIndex(`{"format":2,"objects":{}}`, "i"))).toMatchObject({ code: "NEWER_FORMAT" });
});

test("members of another program are kept when an index is written anew", () => {
  const text = printRepositoryIndex(new Map(), { by: { name: "another" } });
  expect(unknownInIndex(text, "i")).toEqual({ by: { name: "another" } });
  expect(unknownInIndex("<html>", "i")).toEqual({});
  expect(caught(() => unknownInIndex(`{"format":2,"objects":{}}`, "i"))).toMatchObject({ code: "NEWER_FORMAT" });
});
