import { expect, test } from "vitest";
import { parseMirror, parseMirrors, readMirror } from "../../src/model/mirror.ts";
import { caught } from "../helpers/caught.ts";

test.each([
  ["https://m.org/a", { kind: "place", url: "https://m.org/a" }],
  ["/srv/a b", { kind: "place", url: "file:///srv/a%20b" }],
  ["https://a.org/x=/srv", { kind: "prefix", from: "https://a.org/x", to: "file:///srv" }],
])("%s is a mirror", (text, mirror) => {
  expect(parseMirror(text)).toEqual(mirror);
  expect(readMirror(text)).toEqual(mirror);
});

test.each(["http://us:PW@h:99999/ok", "http://us:PW@[b", "https://a.org=http://us:PW@h:99999", "http://us:PW@:1=/srv"])(
  "%s leads nowhere: it is refused where it is named, and read where it is kept",
  (text) => {
    const error = caught(() => parseMirrors("$STORE_MIRRORS", `/srv ${text}`));
    expect(error).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(/^\$STORE_MIRRORS: '.*' is no/),
    });
    expect(JSON.stringify([String(error), error])).not.toContain("PW");
    expect(() => readMirror(text)).not.toThrow();
  },
);

test.each(["mirror", "ftp://h/x", "./a"])("%s is none at all", (text) => {
  expect(caught(() => readMirror(text))).toMatchObject({ code: "INVALID_INPUT" });
});
