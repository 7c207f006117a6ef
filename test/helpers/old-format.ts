import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Layout } from "../../src/store/layout.ts";
import type { Formats } from "../../src/store/migrations.ts";
import { thawStore } from "./frozen-store.ts";

/** A format that never was, before the first: its profiles called the highest number by another name. */
export const FORMATS: Formats = {
  newest: 1,
  migrations: [
    {
      from: 0,
      *changes({ profiles }: Layout) {
        const old = JSON.parse(readFileSync(join(profiles, "default/profile.json"), "utf8"));
        const { highest, ...members } = old;
        yield {
          path: "profiles/default/profile.json",
          content: JSON.stringify({ ...members, lastGeneration: highest }),
        };
        yield { path: "profiles/default/notes.json", content: "{}\n" };
      },
    },
  ],
};

/** A store of that format, at a root of a test. */
export function makeOldStore(root: string): void {
  thawStore("format-1", root);
  const profile = join(root, "profiles/default/profile.json");
  writeFileSync(profile, readFileSync(profile, "utf8").replace("lastGeneration", "highest"));
  const file = join(root, "store.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"format": 1', '"format": 0'));
}
