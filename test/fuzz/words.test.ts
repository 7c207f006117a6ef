import fc from "fast-check";
import { describe } from "vitest";
import { readCommandLine } from "../../src/cli/read-command-line.ts";
import { commandNames } from "../../src/cli/registry.ts";
import { parsePackageSpec } from "../../src/model/recipe/package-spec.ts";
import { parseSpec } from "../../src/model/recipe/spec.ts";
import { resolveTime } from "../../src/model/resolve-time.ts";
import { parseSelector } from "../../src/model/selector.ts";
import { matchTime } from "../../src/model/time-expression.ts";
import { parseIntegrity } from "../../src/sources/integrity.ts";
import { fuzz } from "./fuzz-target.ts";

const asText = (bytes: Buffer) => bytes.toString();

/** Words of a little language in any order, with noise in between. */
function anyPhrase(words: readonly string[]): fc.Arbitrary<string> {
  const noise = fc.oneof(fc.string({ maxLength: 4, unit: "binary" }), fc.constantFrom(" ", "", "9".repeat(30), "\0"));
  return fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: noise }), {
      maxLength: 7,
    })
    .chain((parts) => fc.constantFrom("", " ").map((glue) => parts.join(glue)));
}

const TIMES = [
  "yesterday",
  "today",
  "now",
  "2",
  "hours",
  "ago",
  "3d",
  "2026-11-20",
  "T18:00",
  "18:00",
  "last",
  "week",
  "-",
  "+01:00",
  "Z",
  "0000-00-00",
  "99:99",
  "monday",
  "gen-",
  "41",
  "#",
  "tag:",
  "-1",
  "+1",
];

describe("words", () => {
  fuzz({
    name: "selector",
    inputs: anyPhrase(TIMES),
    fromBytes: asText,
    read: (text) => {
      parseSelector(text);
      const expression = matchTime(text);
      if (expression) resolveTime(expression, { now: Date.parse("2026-11-20T18:00:00Z"), timeZone: "Europe/Berlin" });
    },
  });

  const specs = anyPhrase([
    "zlib",
    "@",
    "1.2",
    "+x11",
    "~",
    "=",
    "/",
    "..",
    "npm:",
    "git+https://h/",
    "#",
    ">=",
    "<",
    ",",
    "||",
    "^",
    "*",
    "~static",
    "a".repeat(300),
    "sage:",
  ]);
  fuzz({ name: "spec", inputs: specs, fromBytes: asText, read: (text) => parseSpec(text, { storeDir: "/s/pkgs__" }) });
  fuzz({ name: "package spec", inputs: specs, fromBytes: asText, read: parsePackageSpec });
  fuzz({
    name: "integrity",
    inputs: anyPhrase([
      "sha256-",
      "sha512-",
      "sha1-",
      "md5-",
      "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      "?",
      " ",
      "=",
      "\n",
    ]),
    fromBytes: asText,
    read: parseIntegrity,
  });

  const words = [
    ...commandNames(),
    "--",
    "-",
    "--json",
    "--root",
    "--root=",
    "-p",
    "-j",
    "-qv",
    "--no-wait",
    "--help",
    "-h",
    "--version",
    "--debug=args",
    "--priority",
    "-1",
    "+1",
    "gen-1",
    "x@1",
    "--dry-run=maybe",
    "--__proto__",
    "--constructor=1",
    "--no-",
    "--=",
    "é",
    "\u202e",
  ];
  fuzz({
    name: "command line",
    inputs: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...words) },
        { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
      ),
      { maxLength: 6 },
    ),
    fromBytes: (bytes) => bytes.toString().split("\n"),
    read: readCommandLine,
    slowness: 2,
  });
});
