// What reader.c does, for machines without a C compiler. Node has no openat: of both files the second is looked for in
// the directory that the link led to when the first was opened.
import { readFileSync, realpathSync } from "node:fs";

const [, , path] = process.argv;
const count = { reads: 0, missed: 0, torn: 0, mixed: 0, a: 0, b: 0 };
let stopped = false;
process.on("SIGTERM", () => {
  stopped = true;
});

function read(file) {
  try {
    const text = readFileSync(file, "utf8");
    const [first] = text;
    if (text !== first.repeat(text.length)) count.torn += 1;
    count.reads += 1;
    count[first] += 1;
    return first;
  } catch {
    count.missed += 1;
    return undefined;
  }
}

process.stdout.write("ready\n");
while (!stopped) {
  for (let times = 0; times < 100; times++) {
    read(`${path}/bin/x`);
    const directory = realpathSync(path);
    if (read(`${directory}/bin/x`) !== read(`${directory}/bin/y`)) count.mixed += 1;
  }
  await new Promise((resolve) => setImmediate(resolve));
}
process.stdout.write(`${JSON.stringify(count)}\n`);
