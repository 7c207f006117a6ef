import { StoreError } from "../../errors.ts";
import type { AddedRoot } from "../../operations/collection/roots.ts";
import type { Store } from "../../store/open-store.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { rootLines } from "../output/root-lines.ts";

export const command = defineCommand({
  name: "root",
  summary: "Keep objects from being collected, by a name or by a link to them",
  details:
    "add OBJECT…: keep an object and all that it needs. remove ROOT…: no longer; a link stays where it is. list: the same as `store roots`.",
  positionals: {
    action: { need: "one", describe: "add, remove or list", choices: ["add", "remove", "list"] },
    what: {
      need: "any",
      describe: "Store paths or names of installed packages; for remove, roots",
      completes: ([action]) => (action === "add" ? "object" : action === "remove" ? "root" : undefined),
    },
  },
  options: {
    name: { type: "string", value: "NAME", describe: "add: call the root NAME (package and version)" },
    link: {
      type: "string",
      value: "FILE",
      describe: "add: make FILE a link to the object; it is kept while the link is there",
      completes: "path",
    },
  },
  examples: [
    ["store root add zlib", "keeps what is installed as zlib now, also when it is upgraded"],
    ["store root add zlib --link ./zlib", "keeps it as long as the link ./zlib leads to it"],
    ["store root remove zlib-1.3.1", "forgets a root"],
  ],
  json: "add: [{root, path}]; remove: [{root}]; list: as `store roots`",
  async run(context, args) {
    const store = await context.openStore();
    switch (args.action) {
      case "list":
        return list(context, store);
      case "add":
        return add(context, store, args);
      case "remove":
        return remove(context, store, some(args.what, "a root"));
    }
  },
});

async function list(context: CommandContext, store: Store) {
  const { roots } = await import("../../operations/collection/roots.ts");
  const found = roots(store);
  context.output.result(found, () => rootLines(found));
  return undefined;
}

async function add(
  context: CommandContext,
  store: Store,
  { what, name, link }: { what: readonly string[]; name: string | undefined; link: string | undefined },
) {
  const { addRoot } = await import("../../operations/collection/roots.ts");
  const { findObject } = await import("../../operations/packages/info.ts");
  if (some(what, "an object").length > 1 && (name ?? link) !== undefined)
    throw new StoreError("USAGE", "--name and --link are for one object at a time");
  const added: AddedRoot[] = [];
  for (const word of what) {
    const object = findObject(store, context.profile, { what: word, cwd: context.cwd });
    added.push(await addRoot(store, { object, name, link, cwd: context.cwd }, context.run));
  }
  context.output.result(added, () => added.map(({ root }) => root));
  return undefined;
}

async function remove(context: CommandContext, store: Store, what: readonly string[]) {
  const { removeRoot } = await import("../../operations/collection/roots.ts");
  const removed = what.map((root) => ({ root: removeRoot(store, { root, cwd: context.cwd }) }));
  context.output.result(removed, () => removed.map(({ root }) => root));
  return undefined;
}

function some(words: readonly string[], what: string): readonly string[] {
  if (words.length > 0) return words;
  throw new StoreError("USAGE", `${what} is missing`, { hint: "See `store root --help`." });
}
