import { expect, test } from "vitest";
import type { Mirror } from "../../src/model/mirror.ts";
import type { Integrity } from "../../src/sources/integrity.ts";
import { withMirrors } from "../../src/sources/mirrors.ts";

const urlsWith = (urls: readonly string[], options: Parameters<typeof withMirrors>[1] = {}) =>
  withMirrors(urls, options).map(({ url }) => url);

const mirrors = [
  { kind: "prefix" as const, from: "https://a.org/pub/", to: "https://mirror.net/a" },
  { kind: "prefix" as const, from: "https://a.org", to: "file:///srv/a/" },
];

test("mirrors come before the URL they stand for, in the order of the configuration", () => {
  expect(urlsWith(["https://a.org/pub/x.tar?y=1", "https://b.org/x.tar"], { mirrors })).toEqual([
    "https://mirror.net/a/x.tar?y=1",
    "file:///srv/a/pub/x.tar?y=1",
    "https://a.org/pub/x.tar?y=1",
    "https://b.org/x.tar",
  ]);
});

test("a prefix ends where a segment ends", () => {
  expect(urlsWith(["https://a.org/public/x"], { mirrors })).toEqual([
    "file:///srv/a/public/x",
    "https://a.org/public/x",
  ]);
  expect(urlsWith(["https://a.org.evil.net/pub/x"], { mirrors })).toEqual(["https://a.org.evil.net/pub/x"]);
});

test("nothing is tried twice, and without mirrors nothing changes", () => {
  expect(urlsWith(["https://b.org/x", "https://b.org/x"])).toEqual(["https://b.org/x"]);
});

const place: Mirror = { kind: "place", url: "https://mirror.net/all/" };
const integrity = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" as Integrity;
const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

test("a place has files by their sum and by their names, before everything else", () => {
  expect(withMirrors(["https://a.org/x%20y.tar?z", "https://b.org/pub/"], { mirrors: [place], integrity })).toEqual([
    { url: `https://mirror.net/all/sha256/e3/${sum}`, isMirror: true },
    { url: "https://mirror.net/all/x%20y.tar", isMirror: true },
    { url: "https://mirror.net/all/pub", isMirror: true },
    { url: "https://a.org/x%20y.tar?z", isMirror: false },
    { url: "https://b.org/pub/", isMirror: false },
  ]);
});

test("a place is not asked for what nothing can be held against", () => {
  expect(urlsWith(["https://a.org/x.tar"], { mirrors: [place] })).toEqual(["https://a.org/x.tar"]);
});

test("a mirror that is no URL stands there as it is", () => {
  const bad: Mirror[] = [
    { kind: "place", url: "http:///" },
    { kind: "prefix", from: "https://a.org", to: "http://[b" },
  ];
  expect(urlsWith(["https://a.org/x"], { mirrors: bad, integrity })).toEqual([
    "http:///",
    "http://[b",
    "https://a.org/x",
  ]);
});
