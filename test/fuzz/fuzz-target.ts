import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";

/** Inputs that once went wrong, `<target>/<any name>`: they are tried before all others. */
const KEPT = fileURLToPath(new URL("../../fixtures/fuzz/", import.meta.url));

/** How many inputs are tried for each reader: `npm run test:fuzz` tries more. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 200);

/** No input is so large that a reader needs more than this. */
const MOST_HEAP = 512 * 2 ** 20;

export interface FuzzTarget<Input> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** The input that bytes in `fixtures/fuzz` stand for. */
  readonly fromBytes: (bytes: Buffer) => Input;
  /** May throw StoreErrors. */
  readonly read: (input: Input) => unknown;
  /** Readers that wait for others are tried so many times less often. */
  readonly slowness?: number;
}

/** For every input a reader answers or throws a StoreError whose message a terminal can show. */
export function fuzz<Input>({ name, inputs, fromBytes, read, slowness = 1 }: FuzzTarget<Input>): void {
  it(`${name}: an answer or a StoreError`, { timeout: 3_600_000 }, async () => {
    // Other files of tests have run in this process, and left what nobody has collected yet.
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (const bytes of keptInputs(name)) await tryInput(read, fromBytes(bytes));
    const property = fc.asyncProperty(inputs, (input) => tryInput(read, input));
    await fc.assert(property, { numRuns: Math.max(20, Math.ceil(RUNS / slowness)) });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(MOST_HEAP);
  });
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

async function tryInput<Input>(read: (input: Input) => unknown, input: Input): Promise<void> {
  try {
    await read(input);
  } catch (error) {
    if (!(error instanceof StoreError)) throw new Error(`not a StoreError: ${error}`, { cause: error });
    if (error.message === "") throw new Error("a StoreError that says nothing", { cause: error });
  }
}

function keptInputs(name: string): Buffer[] {
  const directory = `${KEPT}${name}`;
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((file) => readFileSync(`${directory}/${file}`));
}
