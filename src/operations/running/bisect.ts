import { StoreError } from "../../errors.ts";
import { descentOf, findGuilty, nextProbe, type Verdict } from "../../model/bisect.ts";
import { diffPackages, type PackageDifference } from "../../model/change.ts";
import type { Generation } from "../../model/generation.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import { type PackageStep, stepsBetween, takeSteps } from "../../model/package-steps.ts";
import { profileOption } from "../../model/profile-option.ts";
import { summariseTransaction } from "../../model/transaction-summary.ts";
import { buildForest } from "../../store/build-forest.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { openJournal } from "../../store/journal.ts";
import { objectPath } from "../../store/layout.ts";
import { readTransaction } from "../../store/log/history.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { selectGeneration } from "../profiles/select-generation.ts";
import { generationProblems } from "../profiles/switch.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import type { BisectTest } from "./bisect-test.ts";
import { splitCommand } from "./check-command.ts";
import { judgeCommand } from "./judge-command.ts";
import { type CommandRequest, holdGeneration } from "./run-command.ts";

export interface BisectRequest extends CommandRequest {
  /** Selectors of a generation in which the command succeeds, and of one made from it in which it fails. */
  readonly good: string;
  readonly bad: string;
}

export interface BisectResult {
  readonly profile: ProfileName;
  readonly lastGood: GenerationNumber;
  /** The first bad generation; where some could not be tested, the first that is known to be bad. */
  readonly firstBad: GenerationNumber;
  /** Generations that may be the first bad one as well, since they could not be tested. */
  readonly untested: readonly GenerationNumber[];
  /** The changes since `lastGood` that are needed for the failure; all, where they could not be told apart. */
  readonly guilty: PackageDifference;
  /** Whether `guilty` is exactly that. */
  readonly certain: boolean;
  /** What made `firstBad`; 0 and empty when the log does not tell. */
  readonly transaction: number;
  readonly command: readonly string[];
  readonly tests: readonly BisectTest[];
}

/**
 * Finds the first generation in which a command fails, and then the packages in it that make it fail, without a switch:
 * the command runs in the environment of each, and in forests with some of the changes, which are no generations.
 * Exit status 0 is good, 125 cannot be tested, 1 to 127 is bad, as with `git bisect run`; so is a crash.
 * @throws StoreError INVALID_INPUT when good and bad are not so; FAILED when the command ends in another way
 */
export async function bisect(
  store: Store,
  profile: ProfileName,
  request: BisectRequest,
  run: RunOptions = {},
): Promise<BisectResult> {
  splitCommand(request);
  const state = readProfile(store, profile);
  const good = (await selectGeneration(store, state, request.good)).generation;
  const bad = (await selectGeneration(store, state, request.bad)).generation;
  using workspace = openWorkspace(store);
  const tests: BisectTest[] = [];
  const search: Search = { store, profile, request, run, workspace, tests };
  const line = await findLine(search, good, bad);
  const { lastGood, firstBad, untested } = await findGeneration(search, line);
  const { guilty, certain } = await findPackages(search, lastGood, firstBad);
  return { profile, lastGood, firstBad, untested, guilty, certain, ...originOf(search, firstBad), tests };
}

interface Search {
  readonly store: Store;
  readonly profile: ProfileName;
  readonly request: BisectRequest;
  readonly run: RunOptions;
  readonly workspace: Workspace;
  readonly tests: BisectTest[];
}

/** From a generation that was tested and is good to one that was tested and is bad. */
async function findLine(
  search: Search,
  good: GenerationNumber,
  bad: GenerationNumber,
): Promise<readonly GenerationNumber[]> {
  const descent = descentOf(good, bad, (number) => parentOf(search, number));
  if (descent.kind === "reversed") throw reversed(good, bad);
  await expectVerdict(search, good, "good");
  await expectVerdict(search, bad, "bad");
  if (descent.kind === "line") {
    if (descent.gap !== undefined) tellGap(search, good, descent.gap);
    return descent.line;
  }
  const base = descent.line[0] as GenerationNumber;
  const verdict = await testGeneration(search, base);
  if (verdict === "good") return descent.line;
  if (verdict === "skip")
    throw untestable(search, base, `from which both gen-${good} and gen-${bad} were made`, "another good one");
  throw new StoreError(
    "INVALID_INPUT",
    `gen-${base}, from which both gen-${good} and gen-${bad} were made, is not good either`,
    {
      hint: `So gen-${bad} did not break it; what mended it lies between gen-${base} and gen-${good}. Name an earlier good one.`,
      details: { good, bad, base },
    },
  );
}

function parentOf({ store, profile }: Search, number: GenerationNumber): GenerationNumber | undefined {
  const parent = recordOf(store, profile, number)?.parent;
  return parent !== undefined && recordOf(store, profile, parent) ? parent : undefined;
}

function recordOf(store: Store, profile: ProfileName, number: GenerationNumber): Generation | undefined {
  try {
    return readGeneration(store, profile, number);
  } catch (error) {
    if (error instanceof StoreError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

function reversed(good: GenerationNumber, bad: GenerationNumber): StoreError {
  const message = good === bad ? `gen-${good} cannot be both good and bad` : `gen-${good} was made from gen-${bad}`;
  return new StoreError("INVALID_INPUT", `${message}: the good one must come first`, {
    hint: "To find what mended something, let the command succeed where it is broken and turn --good and --bad round.",
    details: { good, bad },
  });
}

function tellGap({ run }: Search, good: GenerationNumber, gap: GenerationNumber): void {
  const message = `generations between gen-${good} and gen-${gap} are gone: what they changed counts as that of gen-${gap}`;
  run.onEvent?.({ kind: "warning", message });
}

async function expectVerdict(search: Search, generation: GenerationNumber, wanted: Verdict): Promise<void> {
  const verdict = await testGeneration(search, generation);
  if (verdict === wanted) return;
  if (verdict === "skip") throw untestable(search, generation, `which was given as ${wanted}`, `another ${wanted} one`);
  const { reason } = search.tests.at(-1) as BisectTest;
  throw new StoreError(
    "INVALID_INPUT",
    `gen-${generation} was given as ${wanted}, but the command says ${verdict} (${reason})`,
    {
      hint: `Try it: \`store run --at gen-${generation}${profileOption(search.profile)} -- …\`.`,
      details: { generation, wanted, verdict },
    },
  );
}

/** For one without which there is nothing to search. */
function untestable({ tests }: Search, generation: GenerationNumber, which: string, other: string): StoreError {
  const { reason } = tests.at(-1) as BisectTest;
  return new StoreError("INVALID_INPUT", `gen-${generation}, ${which}, cannot be tested (${reason})`, {
    hint: `Nothing follows from that: name ${other}.`,
    details: { generation },
  });
}

async function findGeneration(search: Search, line: readonly GenerationNumber[]) {
  const verdicts: (Verdict | undefined)[] = line.map(() => undefined);
  verdicts[0] = "good";
  verdicts[line.length - 1] = "bad";
  const at = (index: number) => line[index] as GenerationNumber;
  for (;;) {
    const probe = nextProbe(verdicts);
    if (probe.kind === "found") return { lastGood: at(probe.index - 1), firstBad: at(probe.index), untested: [] };
    if (probe.kind === "unsure") {
      const [first = 1] = probe.indexes;
      const untested = probe.indexes.slice(0, -1).map(at);
      return { lastGood: at(first - 1), firstBad: at(probe.indexes.at(-1) as number), untested };
    }
    verdicts[probe.index] = await testGeneration(search, at(probe.index));
  }
}

async function findPackages(search: Search, lastGood: GenerationNumber, firstBad: GenerationNumber) {
  const { store, profile } = search;
  const before = readGeneration(store, profile, lastGood).packages;
  const steps = stepsBetween(before, readGeneration(store, profile, firstBad).packages);
  if (steps.length < 2) return allOf(search, lastGood, firstBad);
  const finding = findGuilty(steps);
  let next = finding.next();
  while (!next.done) next = finding.next(await testSteps(search, { before, steps: next.value, firstBad }));
  const { guilty, suspects } = next.value;
  const after = takeSteps(before, [...guilty, ...suspects]).packages;
  return { guilty: diffPackages(before, after), certain: suspects.length === 0 };
}

function allOf({ store, profile }: Search, lastGood: GenerationNumber, firstBad: GenerationNumber) {
  const [before, after] = [lastGood, firstBad].map((number) => readGeneration(store, profile, number).packages);
  const guilty = diffPackages(before ?? [], after ?? []);
  return { guilty, certain: stepsBetween(before ?? [], after ?? []).length === 1 };
}

async function testGeneration(search: Search, generation: GenerationNumber): Promise<Verdict> {
  const { store, profile } = search;
  const problems = generationProblems(store, profile, generation);
  if (problems.length > 0)
    return note(search, { generation, verdict: "skip", reason: problems.join("; "), seconds: 0 });
  const top = await holdGeneration(store, { profile, generation }, search.workspace.lease);
  return note(search, {
    generation,
    ...(await judgeCommand(store, profile, { ...search.request, top, generation }, search.run)),
  });
}

interface StepsTest {
  readonly before: Generation["packages"];
  readonly steps: readonly PackageStep[];
  readonly firstBad: GenerationNumber;
}

async function testSteps(search: Search, { before, steps, firstBad }: StepsTest): Promise<Verdict> {
  const { store, profile, request, run, workspace } = search;
  const test = { generation: firstBad, packages: steps.map(({ name }) => name) };
  const { packages } = takeSteps(before, steps);
  try {
    const forest = await buildForest(
      store,
      { profile, packages },
      { room: () => workspace.room(), lease: workspace.lease, signal: run.signal },
    );
    const top = objectPath(store.layout, forest);
    return note(search, { ...test, ...(await judgeCommand(store, profile, { ...request, top }, run)) });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "CONFLICT") throw error;
    const reason = "these packages do not go together without the others";
    return note(search, { ...test, verdict: "skip", reason, seconds: 0 });
  }
}

function note({ tests, run }: Search, test: BisectTest): Verdict {
  tests.push(test);
  run.onEvent?.({ kind: "tested", test });
  return test.verdict;
}

function originOf({ store, profile }: Search, firstBad: GenerationNumber) {
  const { transaction } = readGeneration(store, profile, firstBad);
  const records = readTransaction(openJournal(store), transaction);
  const command = records.length > 0 ? summariseTransaction(records).command : undefined;
  return { transaction, command: command ?? [] };
}
