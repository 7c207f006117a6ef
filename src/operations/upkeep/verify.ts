import type { ProfileName } from "../../model/ids.ts";
import { type Finding, isHarmless, type SettledFinding, staysBad } from "../../model/verify/finding.ts";
import { mendDirectories } from "../../store/directories.ts";
import type { Store } from "../../store/open-store.ts";
import { checkPlaces, type PlaceFault, toFinding } from "../../store/verify/check-places.ts";
import { objectsOf } from "../../store/verify/check-profiles.ts";
import { checkRoots } from "../../store/verify/check-roots.ts";
import { verifyFiles } from "../../store/verify/verify-files.ts";
import { findObject } from "../packages/info.ts";
import type { RunOptions } from "../run-options.ts";
import { verifyBuilds } from "./verify/verify-builds.ts";
import { verifyIndex } from "./verify/verify-index.ts";
import { verifyJournal } from "./verify/verify-journal.ts";
import { verifyProfiles } from "./verify/verify-profiles.ts";
import { yieldToOthers } from "./verify/yield-to-others.ts";

export interface VerifyRequest {
  /** Store paths, or names of packages in the profile; without any, the whole store. */
  readonly what?: readonly string[] | undefined;
  readonly profile: ProfileName;
  readonly cwd: string;
  /** Read every file. Otherwise only those that look as if somebody wrote to them. */
  readonly contents?: boolean | undefined;
  /** Leave half of the disk and the processor to others. */
  readonly ioNice?: boolean | undefined;
}

export interface VerifyResult {
  readonly checked: {
    readonly objects: number;
    readonly files: number;
    /** Read. */
    readonly bytes: number;
    readonly generations: number;
    readonly logRecords: number;
  };
  /** When the interrupted run began that this one continued, UTC (RFC 3339). */
  readonly continued: string | null;
  /** What is wrong now. */
  readonly damaged: readonly SettledFinding[];
  /** What was wrong and is right again. */
  readonly repaired: readonly SettledFinding[];
  /** What killed processes and collections leave behind; harms nothing. */
  readonly leftovers: readonly SettledFinding[];
}

/** Checks objects, or everything that the store holds. Takes no lock: it can run beside anything else. */
export async function verify(store: Store, request: VerifyRequest, run: RunOptions = {}): Promise<VerifyResult> {
  const scan = await scanStore(store, request, run);
  return toResult(
    scan,
    scan.findings.map((finding) => ({ ...finding, outcome: { state: "found" } })),
  );
}

export interface Scan {
  readonly findings: readonly Finding[];
  readonly checked: VerifyResult["checked"];
  readonly continued: string | undefined;
}

export async function scanStore(store: Store, request: VerifyRequest, run: RunOptions): Promise<Scan> {
  const { what = [], profile, cwd, contents = false, ioNice = false } = request;
  if (ioNice) await yieldToOthers();
  const places = what.length === 0 ? checkPlaces(store) : [];
  if (places.length > 0) return hiddenBehind(store, places);
  mendDirectories(store);
  const objects = what.length === 0 ? undefined : what.map((text) => findObject(store, profile, { what: text, cwd }));
  const files = await verifyFiles(store, {
    objects,
    contents,
    rests: ioNice,
    signal: run.signal,
    onProgress: ({ part, ...progress }) => run.onEvent?.({ kind: "verifying", subject: part, ...progress }),
  });
  const checked = { objects: files.objects, files: files.files, bytes: files.bytes, generations: 0, logRecords: 0 };
  if (objects) return { findings: files.findings, checked, continued: undefined };
  const journal = verifyJournal(store);
  const profiles = await verifyProfiles(store, journal.told, run);
  const needed = new Set<string>(profiles.generations.flatMap(objectsOf));
  const others = [...checkRoots(store), ...verifyBuilds(store), ...(await verifyIndex(store))];
  return {
    findings: [...raiseOrphans(files.findings, needed), ...profiles.findings, ...journal.findings, ...others],
    checked: { ...checked, generations: profiles.generations.length, logRecords: journal.records },
    continued: files.continued,
  };
}

export const NOTHING_SCANNED: Scan = {
  findings: [],
  checked: { objects: 0, files: 0, bytes: 0, generations: 0, logRecords: 0 },
  continued: undefined,
};

/** What cannot be looked into hides what else there is. */
function hiddenBehind(store: Store, places: readonly PlaceFault[]): Scan {
  const message = "the rest can be looked at when this is right: `store verify --repair` does both";
  store.context.notice?.({ message });
  return { ...NOTHING_SCANNED, findings: places.map((fault) => toFinding(store, fault)) };
}

export function toResult(scan: Scan, findings: readonly SettledFinding[]): VerifyResult {
  const [harmless, serious] = [findings.filter(isHarmless), findings.filter((finding) => !isHarmless(finding))];
  return {
    checked: scan.checked,
    continued: scan.continued ?? null,
    damaged: serious.filter(staysBad),
    repaired: serious.filter((finding) => !staysBad(finding)),
    leftovers: harmless,
  };
}

/** A whole object without a manifest that nothing needs is what a killed add leaves. One that is needed has lost it. */
function raiseOrphans(findings: readonly Finding[], needed: ReadonlySet<string>): Finding[] {
  const missed = new Set([...needed, ...findings.flatMap(({ reference }) => reference ?? [])]);
  return findings.map((finding) =>
    finding.kind === "orphan" && missed.has(finding.subject)
      ? { ...finding, kind: "lost-manifest", reason: "has lost its manifest" }
      : finding,
  );
}
