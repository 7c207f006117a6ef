import { expect, test } from "vitest";
import { withMirrors } from "../../src/sources/mirrors.ts";

const mirrors = [
  { from: "https://a.org/pub/", to: "https://mirror.net/a" },
  { from: "https://a.org", to: "file:///srv/a/" },
];

test("mirrors come before the URL they stand for, in the order of the configuration", () => {
  expect(withMirrors(["https://a.org/pub/x.tar?y=1", "https://b.org/x.tar"], mirrors)).toEqual([
    "https://mirror.net/a/x.tar?y=1",
    "file:///srv/a/pub/x.tar?y=1",
    "https://a.org/pub/x.tar?y=1",
    "https://b.org/x.tar",
  ]);
});

test("a prefix ends where a segment ends", () => {
  expect(withMirrors(["https://a.org/public/x"], mirrors)).toEqual([
    "file:///srv/a/public/x",
    "https://a.org/public/x",
  ]);
  expect(withMirrors(["https://a.org.evil.net/pub/x"], mirrors)).toEqual(["https://a.org.evil.net/pub/x"]);
});

test("nothing is tried twice, and without mirrors nothing changes", () => {
  expect(withMirrors(["https://b.org/x", "https://b.org/x"])).toEqual(["https://b.org/x"]);
});
