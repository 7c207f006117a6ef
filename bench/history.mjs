import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { PACKAGE_OF_1, writePackages } from "./inputs.mjs";
import { store } from "./place.mjs";

const GENERATIONS = 5000;
const TARGET = 2.5;

/** Builds the helper that the tests make the same history with: it is TypeScript. */
async function loadWriter() {
  // Packages are found from here.
  const outfile = new URL("../dist/bench-long-history.mjs", import.meta.url).pathname;
  const source = new URL("../test/helpers/long-history.ts", import.meta.url).pathname;
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
    packages: "external",
  });
  return import(pathToFileURL(outfile).href);
}

const STEPS = {
  "state --at": ["state", "--at", "100 days ago"],
  "log -n 20": ["log", "-n", "20"],
  generations: ["generations"],
  "generations --all": ["generations", "--all"],
  switch: ["switch", "gen-4000"],
  "revert TIME": ["plan", "100 days ago"],
};

/** 5,000 generations, 20,000 records of the log: what a person asks of a long history. */
export function historyScene() {
  return {
    name: "history",
    rounds: 3,
    async prepare(place, { scale }) {
      const packages = place.make("packages");
      const names = writePackages(packages, { prefix: "p", count: 2, shape: PACKAGE_OF_1, seed: 1 });
      place.freshStore();
      for (const name of names) place.store("install", join(packages, name));
      const { writeLongHistory } = await loadWriter();
      const generations = Math.ceil((GENERATIONS * scale) / 2) * 2;
      await writeLongHistory({ root: place.path("s"), generations, end: Date.now() - 60_000 });
      const timed = Object.entries(STEPS).map(([id, words]) => ({
        id,
        before: id === "switch" ? () => place.store("switch", `gen-${generations}`) : undefined,
        command: () =>
          store(...words.map((word) => (word === "gen-4000" ? `gen-${Math.ceil(generations * 0.8)}` : word))),
      }));
      return [{ id: "node", command: () => [process.execPath, "-e", "0"] }, ...timed];
    },
    rows: Object.keys(STEPS).map((id) => ({
      label: `\`${id}\`, 5,000 generations and 20,000 records`,
      ours: id,
      theirs: "node",
      against: "`node -e 0`",
      ...(id !== "generations --all" && { target: TARGET }),
    })),
  };
}
