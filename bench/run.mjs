import { fileURLToPath } from "node:url";
import { BUILD_SCENES } from "./build-scenes.mjs";
import { readOptions } from "./options.mjs";
import { Place } from "./place.mjs";
import { printTable, tableRow, writeResults } from "./report.mjs";
import { SCENES } from "./scenes.mjs";

const DOCUMENT = fileURLToPath(new URL("../docs/benchmarks.md", import.meta.url));

const options = readOptions(process.argv.slice(2));
if (options) await run(options);

async function run({ places, rounds, scale, only, write }) {
  const found = [];
  for (const scene of [...SCENES, ...BUILD_SCENES].filter(({ name }) => only.test(name))) {
    const missing = scene.missing?.();
    if (missing) {
      console.error(`${scene.name} is left out: ${missing}`);
      continue;
    }
    const perPlace = [];
    for (const place of places) {
      perPlace.push({ place, samples: await play(scene, place, { rounds: rounds * scene.rounds, scale }) });
    }
    for (const row of scene.rows) {
      for (const { place, samples } of perPlace) found.push(tableRow(place.name, row, samples));
    }
  }
  const table = printTable(found.filter((row) => row !== undefined));
  console.log(table);
  if (write) writeResults(DOCUMENT, table, { date: new Date(), rounds });
}

/** Samples of all rounds, by step. */
async function play(scene, where, { rounds, scale }) {
  const place = new Place(where);
  try {
    console.error(`${scene.name} on ${place.name}: preparing`);
    const steps = await scene.prepare(place, { scale, rounds });
    const samples = new Map(steps.map(({ id }) => [id, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { id, before, command } of steps) {
        before?.(round);
        place.settle();
        const sample = place.time(command(round));
        samples.get(id).push(sample);
        console.error(`${scene.name} on ${place.name}, round ${round + 1}: ${id} ${sample.real.toFixed(3)} s`);
      }
    }
    return samples;
  } finally {
    place.remove();
  }
}
