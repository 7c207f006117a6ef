import { sealLine } from "../../model/log-record.ts";
import type { SnapshotState } from "../../model/log-state.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { appendLocked, lockLog } from "./append.ts";
import { moveAside, unreported } from "./aside.ts";
import type { LogFinding } from "./entries.ts";
import { liveTold, standIn } from "./gap.ts";
import { planRepair, type RepairPiece, type SegmentRepair } from "./plan-repair.ts";
import type { TransactionLog } from "./transaction-log.ts";
import { verifyLog } from "./verify.ts";

export interface RepairResult {
  /** What was wrong. */
  readonly findings: readonly LogFinding[];
  /** Numbers of the records that are lost, as `[first, last]`. */
  readonly lost: readonly (readonly [number, number])[];
  /** Files, below the log's directory, that keep what was taken out. */
  readonly files: readonly string[];
  /** What is still wrong: edits whose sums are right, which only `resealLog` can accept. */
  readonly remaining: readonly LogFinding[];
}

/**
 * Makes the log whole again: every valid record stays, byte for byte; damaged lines are moved aside; where numbers are
 * missing stands a recover record instead. `state` (the profiles as they are) tells what was live after losses at the end.
 * @throws StoreError NEWER_FORMAT when only a newer program may write to the log
 */
export async function repairLog(log: TransactionLog, state: Iterable<SnapshotState> = []): Promise<RepairResult> {
  using _ = await lockLog(log);
  const { findings } = verifyLog(log);
  if (findings.length === 0) return { findings, lost: [], files: unreported(log), remaining: [] };
  const plan = planRepair(log);
  if (plan.forbidden) throw plan.forbidden;
  const stamp = { time: log.now().toISOString(), zone: log.zone };
  const lines = (piece: RepairPiece): readonly Buffer[] => {
    if (piece.kind === "keep") return [piece.bytes];
    if (piece.kind === "aside") return [];
    const live = liveTold(plan.facts, piece.gap, state);
    return [Buffer.from(sealLine(standIn(piece.gap, live, stamp)), "utf8")];
  };
  for (const segment of plan.segments) rewrite(log, segment, lines);
  const files = unreported(log);
  appendLocked(log, [], { durable: true });
  return { findings, lost: plan.lost, files, remaining: verifyLog(log).findings };
}

function rewrite(log: TransactionLog, repair: SegmentRepair, lines: (piece: RepairPiece) => readonly Buffer[]): void {
  for (const piece of repair.pieces) if (piece.kind === "aside") moveAside(log, { ...piece, segment: repair.segment });
  const feed = Buffer.from("\n");
  writeFileAtomic(repair.segment.path, Buffer.concat(repair.pieces.flatMap(lines).flatMap((line) => [line, feed])));
}
