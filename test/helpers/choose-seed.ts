import { randomInt } from "node:crypto";

/** Takes the seed from `STORE_TEST_SEED`, a number or `random`, and prints it, so that the run can be repeated. */
export default function chooseSeed(): void {
  const { STORE_TEST_SEED: wanted } = process.env;
  if (wanted === undefined) return;
  const seed = wanted === "random" ? randomInt(2 ** 31) : Number(wanted);
  if (!Number.isInteger(seed) || wanted.trim() === "") {
    throw new Error(`STORE_TEST_SEED is an integer or 'random', not '${wanted}'`);
  }
  process.env.STORE_TEST_SEED = String(seed);
  process.stdout.write(`STORE_TEST_SEED=${seed}\n`);
}
