import { linkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { BaseName } from "../../../src/model/ids.ts";
import { createHands } from "../../../src/store/collection/collection-task.ts";
import { measureRubbish } from "../../../src/store/collection/measure.ts";
import { objectPath } from "../../../src/store/layout.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

/** Names of objects that are not there: with them there are enough for worker threads, and they free nothing. */
const missing = Array.from({ length: 600 }, (_, index) => `${"a".repeat(32)}-missing-${index}` as BaseName);

it("many objects free, looked at in threads, what a few free, wherever their shared files are met", async () => {
  const world = makeWorld({ memory: true });
  const store = await world.store();
  const trees = [
    { alone: "alone", both: "in two", all: "in all" },
    { both: "in two", all: "in all" },
    { all: "in all", "linked elsewhere": "linked elsewhere", twice: "twice", again: "twice" },
  ];
  const objects: BaseName[] = [];
  for (const [index, tree] of trees.entries())
    objects.push((await addTree(store, tree, { name: `p${index}` })).manifest.path);
  const [first, second, third] = objects as [BaseName, BaseName, BaseName];
  linkSync(join(objectPath(store.layout, third), "linked elsewhere"), join(world.directory, "link"));
  for (const some of [[first], [first, second], [third, first], objects]) {
    const freed = async (all: readonly BaseName[], wholePool = true) => {
      await using hands = createHands();
      return (await measureRubbish(store, { leftovers: [], objects: all, wholePool }, { hands })).freed;
    };
    const few = await freed(some);
    expect(few.inodes).toBeGreaterThan(3);
    expect(await freed(some, false)).toEqual(few);
    const [begin, middle] = [missing.slice(0, 300), missing.slice(300)];
    expect(await freed([...begin, ...some.slice(0, 1), ...middle, ...some.slice(1)])).toEqual(few);
  }
});
