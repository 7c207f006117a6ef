import type { BaseName } from "../../model/ids.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { checkObject } from "./check-object.ts";
import { checkOrphan } from "./check-orphan.ts";
import { checkPoolShard } from "./check-pool.ts";
import { checkCommitShard, checkSourceShard } from "./check-source.ts";
import { checkTwin } from "./check-twin.ts";
import type { VerifySettings } from "./settings.ts";

/** What a thread can be asked to check. */
export type VerifyTask =
  | { readonly kind: "pool" | "sources" | "commits"; readonly shard: string }
  | { readonly kind: "objects"; readonly objects: readonly BaseName[] }
  | { readonly kind: "orphan" | "twin"; readonly name: string };

export interface VerifyAnswer {
  readonly findings: readonly Finding[];
  /** See `GoodFiles`. */
  readonly good: readonly number[];
}

export function runVerifyTask(settings: VerifySettings, task: VerifyTask): VerifyAnswer {
  switch (task.kind) {
    case "pool":
      return checkPoolShard(settings, task.shard);
    case "sources":
      return { findings: checkSourceShard(settings, task.shard), good: [] };
    case "commits":
      return { findings: checkCommitShard(settings, task.shard), good: [] };
    case "objects":
      return joined(task.objects.map((object) => checkObject(settings, object)));
    case "orphan":
      return { findings: [checkOrphan(settings, task.name)], good: [] };
    case "twin":
      return checkTwin(settings, task.name);
  }
}

function joined(answers: readonly VerifyAnswer[]): VerifyAnswer {
  return { findings: answers.flatMap(({ findings }) => findings), good: answers.flatMap(({ good }) => good) };
}
