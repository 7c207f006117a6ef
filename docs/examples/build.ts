// Tells why a package would be built, builds it, and packs the build for another machine:
// node build.js STORE_ROOT DIRECTORY_OF_RECIPES NAME FILE
import { build, buildLogOf, openStore, packRepro, parseProfileName, type StoreEvent, whyRebuild } from "store";

const [root, directory = "recipes", spec = "hello", output] = process.argv.slice(2);
const print = (line: string) => process.stdout.write(`${line}\n`);

const cwd = process.cwd();
const store = await openStore({ root });
const settings = { recipes: [directory], cwd, jobs: 2, sandbox: "auto" } as const;
const request = { ...settings, specs: [spec] };

for (const { id, state, why } of await whyRebuild(store, request)) print(`${id}: ${state} ${why ?? ""}`.trimEnd());

const onEvent = (event: StoreEvent) => {
  if (event.kind === "building" && event.event.kind === "phase") print(`${event.event.id}: ${event.event.phase}`);
};
for (const { baseName, path, built } of await build(store, request, { onEvent })) {
  const { outcome, text } = buildLogOf(store, parseProfileName("default"), { what: baseName, cwd });
  print(`${path} ${built ? outcome : "was there"}, ${text.length > 0 ? "with" : "without"} a log`);
}

const packed = await packRepro(store, { ...settings, spec, output });
print(`${packed.file} for \`buildRepro\` elsewhere`);
