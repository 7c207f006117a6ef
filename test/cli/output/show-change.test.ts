import { expect, test } from "vitest";
import type { CommandContext } from "../../../src/cli/context.ts";
import { createOutput } from "../../../src/cli/output/output.ts";
import { showChange, showPlan } from "../../../src/cli/output/show-change.ts";
import type { Change, PackageSummary, PlannedChange } from "../../../src/model/change.ts";
import { type BaseName, parseGenerationNumber, parsePackageName, parsePackageVersion } from "../../../src/model/ids.ts";
import { layoutOf } from "../../../src/store/layout.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { DEFAULT } from "../../helpers/profile-worlds.ts";

const STORE = { layout: layoutOf("/s", 48) } as Store;

function item(name: string, version: string, options: PackageSummary["options"] = {}): PackageSummary {
  const path = `${"a".repeat(32)}-${name}-${version}` as BaseName;
  return { name: parsePackageName(name), version: parsePackageVersion(version), options, path };
}

const CHANGE: Change = {
  transaction: 7,
  profile: DEFAULT,
  from: parseGenerationNumber(3),
  to: parseGenerationNumber(4),
  changed: true,
  added: [item("zlib", "1.3.1")],
  removed: [item("m4", "1.4")],
  upgraded: [
    { name: parsePackageName("mpfr"), from: item("mpfr", "4.2.0"), to: item("mpfr", "4.2.2") },
    { name: parsePackageName("same"), from: item("same", "1"), to: item("same", "1") },
    {
      name: parsePackageName("opt"),
      from: item("opt", "1"),
      to: item("opt", "1", { x11: true, docs: false, ui: "qt" }),
    },
  ],
};

test("a change tells its generations, its packages and the way back", () => {
  const { context, seen } = fakeContext({});
  showChange(context, STORE, CHANGE, "rollback");
  expect(seen.stdout).toBe(
    [
      "gen-3 → gen-4  (transaction #7)",
      "+ zlib 1.3.1",
      "- m4 1.4",
      "~ mpfr {4.2.0 -> 4.2.2}",
      "~ same 1 (other content)",
      "~ opt 1 [→ -docs ui=qt +x11]",
      "",
    ].join("\n"),
  );
  expect(seen.stderr).toBe("To go back: store rollback\n");
});

test("the way back names the profile and the root when they are not the usual ones", () => {
  const { context, seen } = fakeContext({ root: "/other", profile: "work" });
  showChange(context, STORE, { ...CHANGE, profile: "work" as Change["profile"] }, "switch -");
  expect(seen.stderr).toBe("To go back: store switch - -p work --root /other\n");
});

test("where nothing changed there is no way back", () => {
  const { context, seen } = fakeContext({});
  const nothing = { added: [], removed: [], upgraded: [] };
  showChange(context, STORE, { ...CHANGE, ...nothing, to: CHANGE.from, changed: false }, "rollback");
  expect(seen).toEqual({ stdout: "nothing to do, gen-3 stays live\n", stderr: "" });
});

test("JSON has whole store paths", () => {
  const { context, seen } = fakeContext({ json: true });
  showChange(context, STORE, CHANGE, "rollback");
  const json = JSON.parse(seen.stdout);
  expect(json).toMatchObject({ transaction: 7, profile: "default", from: 3, to: 4, changed: true });
  expect(json.added).toEqual([
    { name: "zlib", version: "1.3.1", options: {}, path: `${STORE.layout.storeDir}/${"a".repeat(32)}-zlib-1.3.1` },
  ]);
  expect(json.upgraded[0].to.path).toMatch(/^\/s\/pkgs/);
  expect(seen.stderr).toBe("");
});

test("a plan tells what would be fetched and built", () => {
  const { context, seen } = fakeContext({});
  const [name, version] = [parsePackageName("left"), parsePackageVersion("1")];
  const plan: PlannedChange = {
    ...CHANGE,
    transaction: 0,
    to: CHANGE.from,
    changed: false,
    added: [{ name, version, options: {}, path: null }],
    removed: [],
    upgraded: [],
    fetch: [{ name, version, url: "https://example.org/\x1b[2J", bytes: 2048 }],
    build: [
      { name, version, options: { x: true }, certain: true, reason: "it was never built here", expectedSeconds: 61 },
      { name, version, options: {}, certain: false, reason: "when a comes out differently" },
    ],
  };
  showPlan(context, STORE, plan);
  expect(seen.stdout).toBe(
    [
      "would make a new generation after gen-3 live",
      "+ left 1",
      "fetch left 1: https://example.org/\\x1b[2J  (2.0 KiB)",
      "build left 1 +x: it was never built here  (took 1 min 1 s last time)",
      "perhaps build left 1: when a comes out differently",
      "about 1 min 1 s to build, one after the other, and 1 never built before",
      "",
    ].join("\n"),
  );
  showPlan(fakeContext({}).context, STORE, { ...plan, added: [], fetch: [], build: [] });
});

test("a plan that changes nothing says so", () => {
  const { context, seen } = fakeContext({});
  const nothing = { added: [], removed: [], upgraded: [], to: CHANGE.from, changed: false } as const;
  showPlan(context, STORE, { ...CHANGE, ...nothing, transaction: 0, fetch: [], build: [] });
  expect(seen.stdout).toBe("nothing to do, gen-3 stays live\n");
});

function fakeContext(options: { readonly json?: boolean; readonly root?: string; readonly profile?: string }) {
  const seen = { stdout: "", stderr: "" };
  const sink = {
    write: (stream: "stdout" | "stderr", text: string) => {
      seen[stream] += text;
    },
    status: () => undefined,
    endStatus: () => undefined,
    finish: async () => undefined,
  };
  const plain = { isTerminal: false, hasColor: false };
  const terminal = { stdout: plain, stderr: plain, hasUnicode: true, showsProgress: false };
  const output = createOutput(sink, { isJson: options.json ?? false, isQuiet: false, terminal });
  const context = { output, global: { root: options.root } } as unknown as CommandContext;
  return { context, seen };
}
