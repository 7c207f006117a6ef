import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Formats } from "../../src/store/migrations.ts";
import { openStoreAt, type Store } from "../../src/store/open-store.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { FORMATS, makeOldStore } from "../helpers/old-format.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { logRecords } from "../helpers/profile-worlds.ts";
import { fakeContext, makeWorld } from "../helpers/worlds.ts";

function oldStore(): {
  readonly root: string;
  readonly open: (formats?: Formats) => Promise<Store>;
  readonly texts: () => string;
} {
  const root = join(makeWorld({ memory: true }).directory, "s");
  makeOldStore(root);
  const profile = join(root, "profiles/default/profile.json");
  const file = join(root, "store.json");
  return {
    root,
    open: (formats = FORMATS) => openStoreAt({ root, formats, context: fakeContext() }),
    texts: () =>
      `${readFileSync(profile, "utf8")}${readFileSync(file, "utf8")}${existsSync(join(root, "profiles/default/notes.json"))}`,
  };
}

describe("a store of an older format (invariant 14)", () => {
  it("is brought up to date when it is opened, and the log tells", async () => {
    const { root, open } = oldStore();
    const store = await open();
    expect(store.file.format).toBe(1);
    expect(brokenRules(store).filter((rule) => !rule.includes("notes.json"))).toEqual([]);
    expect(logRecords(store).at(-1)?.event).toEqual({
      ...logRecords(store).at(-1)?.event,
      type: "migrate",
      from: 0,
      to: 1,
    });
    expect(existsSync(join(root, "migration"))).toBe(false);
    const records = logRecords(store).length;
    expect(logRecords(await open())).toHaveLength(records);
  });

  it("keeps members of store.json that the program does not know", async () => {
    const { root, open } = oldStore();
    const file = join(root, "store.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), later: [1] }));
    await open();
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ format: 1, later: [1] });
  });

  it("stays as it was when the migration fails, and the log tells why", async () => {
    const { open, texts } = oldStore();
    const before = texts();
    const failing: Formats = {
      newest: 1,
      migrations: [
        {
          from: 0,
          *changes(layout) {
            yield* FORMATS.migrations[0]?.changes(layout) ?? [];
            yield { path: "no/such/directory", content: "" };
          },
        },
      ],
    };
    const error = await caughtAsync(open(failing));
    expect(error).toMatchObject({ code: "FAILED", hint: expect.stringMatching(/^Nothing was changed/) });
    expect(texts()).toBe(before);
    const store = await open();
    const types = logRecords(store).map(({ event }) => event.type);
    expect(types.slice(-3)).toEqual(["begin", "abort", "migrate"]);
  });

  it("is old or new after a kill at any call, and the next command ends it", async () => {
    let calls = Number.POSITIVE_INFINITY;
    const dying = ((original: (...args: never[]) => unknown) =>
      (...args: never[]) => {
        calls -= 1;
        if (calls < 0) throw errno("EIO");
        return original(...args);
      }) as never;
    for (const name of ["openSync", "writeSync", "fsyncSync", "renameSync", "mkdirSync", "rmSync"] as const)
      patchFs(name, dying);
    let finished = false;
    for (let step = 0; !finished; step++) {
      calls = Number.POSITIVE_INFINITY;
      const { open, root } = oldStore();
      calls = step;
      finished = await open().then(
        () => true,
        () => false,
      );
      calls = Number.POSITIVE_INFINITY;
      const store = await open();
      expect(store.file.format, `call ${step}`).toBe(1);
      expect(
        brokenRules(store).filter((rule) => !rule.includes("notes.json")),
        `call ${step}`,
      ).toEqual([]);
      const migrated = logRecords(store).filter(({ event }) => event.type === "migrate");
      expect(migrated.length, `call ${step}`).toBeGreaterThan(0);
      expect(existsSync(join(root, "migration")), `call ${step}`).toBe(false);
      expect(step).toBeLessThan(500);
    }
  });

  it("is refused when nothing leads on from it", async () => {
    const { open, texts } = oldStore();
    const before = texts();
    expect(await caughtAsync(open({ newest: 1, migrations: [] }))).toMatchObject({ code: "UNSUPPORTED" });
    expect(texts()).toBe(before);
  });
});
