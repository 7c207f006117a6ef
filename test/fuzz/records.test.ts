import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { parseBuildRecord } from "../../src/model/build-record.ts";
import { parseFileList } from "../../src/model/file-list.ts";
import { parseGeneration } from "../../src/model/generation.ts";
import { parseProfileName } from "../../src/model/ids.ts";
import { parseLine, sealLine } from "../../src/model/log-record.ts";
import { parseManifest } from "../../src/model/manifest.ts";
import { readConfigFile, readSetting } from "../../src/store/config-file.ts";
import { pinsFile, profileFile, profilePath } from "../../src/store/layout.ts";
import { findAt, stateAfter } from "../../src/store/log/history.ts";
import { verifyLog } from "../../src/store/log/verify.ts";
import { openStoreAt } from "../../src/store/open-store.ts";
import { readPins } from "../../src/store/pins.ts";
import { readProfileParts } from "../../src/store/profiles.ts";
import { readStoreFile } from "../../src/store/store-file.ts";
import { anyInsertion, anyMutation, mutated } from "../helpers/any-change.ts";
import { anyJsonChange } from "../helpers/any-json-change.ts";
import { openLogWorld, pack, segmentBytes } from "../helpers/log-world.ts";
import { fakeContext } from "../helpers/worlds.ts";
import { fuzz } from "./fuzz-target.ts";

const PAGE = readFileSync(new URL("../../store-layout.md", import.meta.url), "utf8");

/** The example of a record that the format's page gives. */
function example(name: string): string {
  return new RegExp(`\`\`\`\\S+ ${name}\n([^]*?)\`\`\``).exec(PAGE)?.[1] ?? "";
}

/** Texts that a record could have become: other values, other bytes. */
function anyText(seed: string): fc.Arbitrary<string> {
  const bytes = fc.array(fc.oneof(anyMutation, anyInsertion(['"', "{", "}", "[", ":", "null", "\\u0000", "1e999"])), {
    minLength: 1,
    maxLength: 4,
  });
  const changed = bytes.map((changes) => mutated(Buffer.from(seed), changes).toString());
  return fc.oneof(anyJsonChange(JSON.parse(seed)), changed);
}

const asText = (bytes: Buffer) => bytes.toString();
const BUILD = JSON.stringify({
  format: 1,
  key: "f".repeat(64),
  output: `${"a".repeat(32)}-x-1`,
  derivation: JSON.parse(example("derivation").startsWith("{") ? example("derivation") : "{}"),
  started: "2026-11-20T18:00:00.000Z",
  seconds: 1.5,
  phases: { build: 1 },
  peakMemoryBytes: 1,
  sandboxed: true,
});

describe("records", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fuzz-records-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const store = await openStoreAt({ root: join(directory, "store"), context: fakeContext() });
  const profile = parseProfileName("default");
  mkdirSync(profilePath(store.layout, profile), { recursive: true });

  /** A reader of a file that is written anew for each input. */
  const fromFile = (path: string, read: () => unknown) => (text: string) => {
    writeFileSync(path, text);
    return read();
  };

  const readers: readonly (readonly [string, string, (text: string) => unknown])[] = [
    ["manifest", example("manifest"), (text) => parseManifest(text, "m")],
    ["generation", example("generation"), (text) => parseGeneration(text, "g")],
    ["build record", BUILD, (text) => parseBuildRecord(text, "b")],
    [
      "store.json",
      example("store.json"),
      fromFile(join(store.layout.temporary, "s"), () => readStoreFile(join(store.layout.temporary, "s"))),
    ],
    ["pins.json", example("pins.json"), fromFile(pinsFile(store.layout, profile), () => readPins(store, profile))],
    [
      "profile.json",
      example("profile.json"),
      fromFile(profileFile(store.layout, profile), () => readProfileParts(store, profile)),
    ],
    [
      "config.json",
      JSON.stringify({ format: 1, settings: { repositories: ["/a"], "repositories.recursive": "yes" } }),
      fromFile(store.layout.configFile, () => [
        readConfigFile(store),
        readSetting(store, "repositories"),
        readSetting(store, "repositories.recursive"),
      ]),
    ],
  ];
  for (const [name, seed, read] of readers) fuzz({ name, inputs: anyText(seed), fromBytes: asText, read });

  fuzz({
    name: "file list",
    inputs: fc
      .array(fc.oneof(anyMutation, anyInsertion(["\n", "\t", "%", "%2", "40000", " -"])), {
        minLength: 1,
        maxLength: 4,
      })
      .map((changes) => mutated(Buffer.from(example("files")), changes).toString()),
    fromBytes: asText,
    read: parseFileList,
  });
});

describe("log", async () => {
  using world = openLogWorld({ plain: true });
  for (let n = 0; n < 4; n++) await world.install([pack("zlib", `1.${n}`), pack(`p${n}`)]);
  await world.switchTo(1);
  const [[name, bytes] = ["", Buffer.alloc(0)]] = segmentBytes(world.directory);
  const lines = bytes.toString().split("\n").slice(0, -1);
  /** A log in which one line became another record, sealed or not, and in which bytes have changed. */
  const logs = fc
    .record({
      at: fc.nat(lines.length - 1),
      sealed: fc.boolean(),
      changes: fc.array(fc.oneof(anyMutation, anyInsertion(["\n", '{"v":1}\n', '"seq":'])), { maxLength: 2 }),
    })
    .chain(({ at, sealed, changes }) =>
      anyJsonChange(JSON.parse(lines[at] ?? "")).map((json) => {
        const members: unknown = JSON.parse(json || "null");
        const isObject = typeof members === "object" && members !== null && !Array.isArray(members);
        const line = sealed && isObject ? sealLine(members as Parameters<typeof sealLine>[0]) : json;
        const text = [...lines.slice(0, at), line, ...lines.slice(at + 1), ""].join("\n");
        return mutated(Buffer.from(text), changes);
      }),
    );

  fuzz({
    name: "log",
    inputs: logs,
    fromBytes: (kept) => kept,
    slowness: 4,
    read: (text) => {
      using trial = openLogWorld({ plain: true });
      writeFileSync(join(trial.directory, name), text);
      for (const line of text.toString().split("\n")) parseLine(line);
      const questions = [
        () => verifyLog(trial.log),
        () => stateAfter(trial.log),
        () => findAt(trial.log, Date.parse("2026-11-20T09:00:00Z"), "default"),
      ];
      for (const question of questions) answered(question);
    },
  });
});

/** A refusal is an answer, too. */
function answered(question: () => unknown): void {
  try {
    question();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
