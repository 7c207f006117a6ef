import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonWithoutCredentials, withoutCredentials } from "../../src/model/without-credentials.ts";

test.each([
  ["https://us:pw@h.org/x", "https://h.org/x"],
  ["git+https://us:pw@127.0.0.1:81/h.git", "git+https://127.0.0.1:81/h.git"],
  ["htp://us@h/x", "htp://h/x"],
  ["http://us:pw@h:99999/x", "http://h:99999/x"],
  ["HTTP:\\\\us:pw@h:81/x", "HTTP:\\\\h:81/x"],
  ["http:us:pw@h", "http:h"],
  ["x@http://us:pw@h/x-6.tar.gz", "x@http://h/x-6.tar.gz"],
  ["/here/x@http:/us:pw@h/x", "/here/x@http:/h/x"],
  ["/here/htp:/us:pw@h/x", "/here/htp:/h/x"],
  ["--mirror=https://a.org=https://us:pw@b.org/x@1", "--mirror=https://a.org=https://b.org/x@1"],
  ["http://us:p/w@x@h/z", "http://h/z"],
  ["http://us:p#w?@h", "http://h"],
  ["https://a@b:c@d/e and ftp://u:p@f", "https://d/e and ftp://f"],
])("of '%s' user name and password are left out", (text, clean) => {
  expect(withoutCredentials(text)).toBe(clean);
  expect(withoutCredentials(clean)).toBe(clean);
});

test.each([
  "npm:@scope/name@1.2",
  "file:///a@b/c",
  "git+file:///srv/a@b",
  "/a/b:/c@1",
  "http://h:80/a@b",
  "http://[::1]:80/a@b",
  "https://h/x@1.0 https://h:99/b@c",
  "'http://h:999' and a@b",
  "gmp@>=6,<7",
])("'%s' has none, and stays as it is", (text) => {
  expect(withoutCredentials(text)).toBe(text);
});

test("whatever URL it is, its password is not there any more", () => {
  const word = fc.string({ unit: fc.constantFrom(..."abz09-._~!$&'()*+,;=:%20"), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom("http", "https", "ftp", "git+ssh", "x"), word, word, (scheme, user, password) => {
      expect(withoutCredentials(`of ${scheme}://${user}:${password}@host/path`)).toBe(`of ${scheme}://host/path`);
    }),
  );
});

test("what stands for them can be shown", () => {
  expect(withoutCredentials("https://us:pw@h.org/x", { shown: "***@" })).toBe("https://***@h.org/x");
});

test("JSON holds none, in whatever text, and stays the value that it was", () => {
  const value = { a: ["http://us:pw@h/"], b: { c: 'http://h"', d: "x@y" } };
  expect(JSON.parse(jsonWithoutCredentials(value))).toEqual({ ...value, a: ["http://h/"] });
});
