import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteString, parseEscaped } from "../../../src/model/byte-string.ts";
import type { BaseName, ProfileName } from "../../../src/model/ids.ts";
import { type ConflictContext, conflictError } from "../../../src/model/link-plan/conflict.ts";
import type { ForestPackage } from "../../../src/model/link-plan/forest-package.ts";
import { type LinkPlan, type PlanNode, planLinks } from "../../../src/model/link-plan.ts";
import {
  anyWorld,
  link,
  memoryReader,
  packageOf,
  type TreeText,
  type World,
  world,
} from "../../helpers/package-world.ts";

function plan(input: World) {
  return planLinks(input.packages, memoryReader(input), { storeDir: "/s" });
}

function errorOf(texts: Readonly<Record<string, TreeText>>, context: Partial<ConflictContext> = {}) {
  const input = world(texts);
  return conflictError(plan(input).conflicts, { packages: input.packages, ...context });
}

/** Whether a path is in conflict, or lies below a link. */
function isKnown({ root, conflicts }: LinkPlan, path: string): boolean {
  if (conflicts.some((each) => each.path === path)) return true;
  let node: PlanNode | undefined = root;
  for (const part of path.split("/").slice(0, -1)) {
    node = node?.kind === "directory" ? node.entries.get(part as ByteString) : undefined;
    if (node?.kind === "link") return true;
  }
  return false;
}

describe("conflictError", () => {
  test("names both packages, every path, and the commands that settle it", () => {
    const error = errorOf({ Abc: { x: "1", "d/y": "1" }, B: { x: "2", "d/y": "2" }, C: { z: "" } });
    expect(error.code).toBe("CONFLICT");
    expect(error.message).toBe("Abc and B have different content at\n  d/y\n  x");
    expect(error.hint).toBe(
      [
        "Let one package win, or leave one out, and run the command again:",
        "  store install Abc --priority 4    or    store remove Abc",
        "  store install B --priority 4    or    store remove B",
      ].join("\n"),
    );
  });

  test("has the same as data", () => {
    const error = errorOf({ A: { "\xe9/x": "1" }, B: { "\xe9/x": link("/y") } });
    const [a, b] = [packageOf("A"), packageOf("B")];
    expect(JSON.parse(JSON.stringify(error.details))).toEqual({
      conflicts: [
        {
          path: "%E9/x",
          packages: [
            { name: "A", baseName: a.baseName, priority: 5, kind: "file" },
            { name: "B", baseName: b.baseName, priority: 5, kind: "link" },
          ],
        },
      ],
      commands: [
        { name: "A", baseName: a.baseName, prefer: "store install A --priority 4", remove: "store remove A" },
        { name: "B", baseName: b.baseName, prefer: "store install B --priority 4", remove: "store remove B" },
      ],
    });
  });

  test("says what each package has where that differs", () => {
    const error = errorOf({ A: { "x/y": "" }, B: { x: "" }, C: { x: link("nowhere") } });
    expect(error.message).toBe("A, B and C have different content at\n  x (A: directory, B: file, C: symlink)");
  });

  test("lists the paths under the packages that contend for them", () => {
    const error = errorOf({ A: { x: "1", z: "1" }, B: { x: "2", y: "2", z: "2" }, C: { y: "3" } });
    expect(error.message).toBe("A and B have different content at\n  x\n  z\nB and C have different content at\n  y");
  });

  test("tells packages of one name apart by their versions", () => {
    const digest = (letter: string, version: string) => `${letter.repeat(32)}-zlib-${version}` as BaseName;
    const packages = [digest("a", "1.2"), digest("b", "1.3-rc1")].map((baseName) => ({
      name: "zlib",
      baseName,
      priority: 5,
    }));
    const trees = new Map(
      packages.map(({ baseName }) => [
        baseName,
        world({ A: { x: baseName } })
          .trees.values()
          .next().value!,
      ]),
    );
    const error = conflictError(plan({ packages, trees }).conflicts, { packages });
    expect(error.message).toBe("zlib@1.2 and zlib@1.3-rc1 have different content at\n  x");
    expect(error.hint).toContain("store install zlib@1.3-rc1 --priority 4    or    store remove zlib@1.3-rc1");
  });

  test("puts the profile and the caller's specs into the commands", () => {
    const error = errorOf(
      { A: { x: "1" }, B: { x: "2" } },
      { profile: "work" as ProfileName, specOf: ({ name }) => `./${name}.tar` },
    );
    expect(error.hint).toContain("store install ./A.tar --priority 4 --profile work");
    expect(error.hint).toContain("store remove A --profile work");
  });

  test("tells to leave out a priority that the command gives, since it would undo the hint", () => {
    const error = errorOf({ A: { x: "1" }, B: { x: "2" } }, { givesPriority: true });
    expect(error.hint).toMatch(
      /^Let one package win, or leave one out, and run the command again without --priority:\n/,
    );
  });

  test("passes over a priority that another package has", () => {
    const error = errorOf({ A: { x: "1" }, B: { x: "2" }, "C:4": { y: "" }, "D:3": { z: "" } });
    expect(error.hint).toContain("store install A --priority 2 ");
  });

  test("names no priority that nobody can give", () => {
    const lowest = errorOf({ "A:0": { x: "1" }, "B:0": { x: "2" } });
    expect(lowest.hint).toContain("store install A --force=overwrite    or    store remove A");
    const taken = errorOf({ "A:1": { x: "1" }, "B:1": { x: "2" }, "C:0": { y: "" } });
    expect(taken.hint).toContain("store install B --force=overwrite ");
    const beyond = errorOf({ "A:150": { x: "1" }, "B:150": { x: "2" } });
    expect(beyond.hint).toContain("store install A --priority 99 ");
  });

  test("each command that prefers a package settles all of its conflicts in its favour", () => {
    const conflicted = anyWorld().filter((input) => plan(input).conflicts.length > 0);
    fc.assert(
      fc.property(conflicted, (input) => {
        const before = plan(input);
        const { details } = conflictError(before.conflicts, { packages: input.packages });
        for (const { baseName, prefer } of details.commands as { baseName: string; prefer: string }[]) {
          const given = / (?:--priority (\d+)|--force=overwrite)$/.exec(prefer);
          // What overwrite comes to: one that is lower than all others.
          const priority = given ? Number(given[1] ?? -1) : Number.NaN;
          const raise = (each: ForestPackage) => (each.baseName === baseName ? { ...each, priority } : each);
          const after = plan({ ...input, packages: input.packages.map(raise) });
          for (const { path, contenders } of after.conflicts) {
            expect(contenders.map((each) => each.package.baseName)).not.toContain(baseName);
            // A conflict can only be new where a directory comes to light that a leaf has hidden.
            expect(isKnown(before, path)).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("paths in the details can be read back", () => {
    const error = errorOf({ A: { "50%\n\xff": "1" }, B: { "50%\n\xff": "2" } });
    const [conflict] = error.details.conflicts as { path: string }[];
    expect(parseEscaped(conflict!.path)).toBe("50%\n\xff");
    expect(error.message).not.toContain("\xff");
  });
});
