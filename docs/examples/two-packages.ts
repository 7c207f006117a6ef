// Puts packages from directories into a profile as one change, tells what that changed, and goes back:
// node two-packages.js STORE_ROOT DIRECTORY…
import { beginTransaction, generations, openStore, parseProfileName, StoreError, type StoreEvent } from "store";

const [root, ...directories] = process.argv.slice(2);
const print = (line: string) => process.stdout.write(`${line}\n`);

// Ctrl-C stops whatever is going on; nothing is left half-done.
const controller = new AbortController();
process.once("SIGINT", () => controller.abort());
const run = { signal: controller.signal, onEvent: tell };

try {
  const store = await openStore({ root, command: ["store", "two-packages"] });
  const profile = parseProfileName("default");

  const transaction = beginTransaction(store, profile);
  for (const from of directories) transaction.add({ from, cwd: process.cwd() });
  const change = await transaction.commit(run);

  print(`gen-${change.from} -> gen-${change.to}`);
  for (const { name, version } of transaction.newlyInstalled) print(`+ ${name} ${version}`);
  for (const { name, from, to } of transaction.upgraded) print(`~ ${name} ${from.version} -> ${to.version}`);

  const { possible, reasons } = transaction.canRollback();
  if (possible) await transaction.rollback(run);
  else print(`stays: ${reasons.join(", ")}`);

  for (const { generation, current, packages } of generations(store, profile))
    print(`${current ? "*" : " "} gen-${generation}: ${packages.length} packages`);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  print(`${error.code}: ${error.message}`);
  if (error.hint !== undefined) print(error.hint);
  process.exitCode = 1;
}

function tell(event: StoreEvent): void {
  switch (event.kind) {
    case "step":
      return void print(`${event.step} ${event.subject}`);
    case "waiting":
      return void print(`waiting for process ${event.holder?.pid}`);
    case "warning":
      return void print(`warning: ${event.message}`);
  }
}
