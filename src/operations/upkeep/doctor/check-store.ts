import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../../errors.ts";
import { type Diagnosis, judgeClock } from "../../../model/diagnosis.ts";
import { formatCount } from "../../../model/format-count.ts";
import type { ProfileName } from "../../../model/ids.ts";
import { ANOTHER_CACHE, indexPlace } from "../../../store/index/index-place.ts";
import { dataFile, isSealed } from "../../../store/index/seal.ts";
import { openIntents, openJournal } from "../../../store/journal.ts";
import { listLeases } from "../../../store/leases.ts";
import { readTail } from "../../../store/log/tail.ts";
import { lostProfiles } from "../../../store/lost-profiles.ts";
import { readAnnounced } from "../../../store/open-intents.ts";
import type { Store } from "../../../store/open-store.ts";
import { listProfiles, listUnmade, readProfileParts } from "../../../store/profiles.ts";
import { checkSafety } from "../../../store/root-safety.ts";
import { toldProfiles } from "../../../store/told-profiles.ts";
import { isHeld, readLockHolder } from "../../../system/lock.ts";
import { namesIn } from "../../../system/names-in.ts";
import { told, toldError } from "./told.ts";

/** What can be told of the store itself without reading all of it; the time of its disk with a directory to write to. */
export function checkStore(store: Store, directory: string | undefined): Diagnosis[] {
  const log = checkLog(store);
  return [
    checkRoot(store),
    log.diagnosis,
    told("profiles", () => checkProfiles(store)),
    told("clock", () => judgeClock(Date.now(), log.last, directory === undefined ? Date.now() : diskTime(directory))),
    told("index", () => checkIndex(store)),
    told("locks", () => checkLocks(store)),
    told("leases", () => checkLeases(store)),
    told("leftovers", () => checkLeftovers(store)),
  ];
}

function checkRoot({ layout, file }: Store): Diagnosis {
  const topic = "root";
  const text = `${layout.root}, width ${layout.width}, format ${file.format}`;
  try {
    checkSafety(layout);
    return { topic, state: "ok", text };
  } catch (error) {
    return toldError(topic, error, "warn");
  }
}

/** The end of the log, which every change builds on. */
function checkLog(store: Store): { readonly diagnosis: Diagnosis; readonly last: string | undefined } {
  const topic = "log";
  try {
    const { last } = readTail(openJournal(store));
    const record = last?.record;
    const text = record ? `record ${record.seq} of ${record.time} is the last` : "no record yet";
    const open = record?.carry.intents ?? [];
    if (open.length === 0) return { diagnosis: { topic, state: "ok", text }, last: record?.time };
    const unsettled = `${text}; a change of ${open.map(({ profile }) => profile).join(", ")} is under way or was cut short`;
    const advice = "If no command is at work, the next change of the profile settles it.";
    return { diagnosis: { topic, state: "warn", text: unsettled, advice }, last: record?.time };
  } catch (error) {
    const diagnosis = toldError(topic, error);
    const advice = error instanceof StoreError ? { advice: "Run `store verify --repair`." } : {};
    return { diagnosis: { ...diagnosis, ...advice }, last: undefined };
  }
}

/** A collection and an installation would be refused. */
function checkProfiles(store: Store): Diagnosis {
  const topic = "profiles";
  const known = toldProfiles(store);
  if (known === undefined) return { topic, state: "warn", text: "the log cannot tell which there should be" };
  const [lost, ...others] = lostProfiles(store, known);
  if (lost === undefined) return { topic, state: "ok", text: "all that the log tells of are there" };
  const text = [lost, ...others].map(({ error }) => error.message).join("; ");
  return { topic, state: "bad", text, ...(lost.error.hint !== undefined && { advice: lost.error.hint }) };
}

function diskTime(directory: string): number {
  const path = join(directory, "clock");
  writeFileSync(path, "");
  return statSync(path).mtimeMs;
}

function checkIndex(store: Store): Diagnosis {
  const topic = "index";
  const { path, network } = indexPlace(store);
  if (path === undefined) {
    const text = `kept nowhere: ${store.layout.index} lies on ${network}, and so does your cache directory, or there is none`;
    return { topic, state: "warn", text, advice: ANOTHER_CACHE };
  }
  const index = { directory: path, storeId: store.file.id };
  const where = network === undefined ? "" : ` at ${path}`;
  if (!existsSync(dataFile(index)))
    return { topic, state: "ok", text: `none yet${where}; the first question makes it` };
  if (isSealed(index)) return { topic, state: "ok", text: `whole${where}` };
  const advice = "The next question makes it anew from the manifests; nothing is lost.";
  return { topic, state: "warn", text: `is not what was written${where}`, advice };
}

/** Generations above the last that was live, without those of changes that the log knows of. */
function unmadeIn(store: Store, profile: ProfileName): string[] {
  const coming = openIntents(store, profile).map((open) => readAnnounced(store, open));
  const unmade = listUnmade(store, readProfileParts(store, profile));
  return unmade.filter((number) => !coming.includes(number)).map((number) => `${profile}/gen-${number}`);
}

/** The kernel frees the lock of a process that is gone: one that is held is held by somebody who is there. */
function checkLocks({ layout }: Store): Diagnosis {
  const topic = "locks";
  const held = namesIn(layout.locks)
    .map((name) => ({ name, path: join(layout.locks, name) }))
    .filter(({ path }) => isHeld(path))
    .map(({ name, path }) => `${name}: ${holderText(path)}`);
  if (held.length === 0) return { topic, state: "ok", text: "none is held" };
  const advice = "Others wait for these processes; one that hangs can be ended, its lock is free then.";
  return { topic, state: "warn", text: held.join("; "), advice };
}

function holderText(path: string): string {
  const holder = readLockHolder(path);
  return holder ? `process ${holder.pid} (${holder.command}) since ${holder.since}` : "an unknown process";
}

function checkLeases(store: Store): Diagnosis {
  const topic = "leases";
  const leases = listLeases(store);
  const stale = leases.filter(({ alive }) => !alive).length;
  if (stale === 0) return { topic, state: "ok", text: `${leases.length} of running commands` };
  const advice = "The next command removes them.";
  return { topic, state: "warn", text: `${stale} left by killed processes`, advice };
}

/** Temporary directories whose process is gone, what waits to be removed, and generations that were never live. */
function checkLeftovers(store: Store): Diagnosis {
  const { layout } = store;
  const topic = "leftovers";
  const names = new Set(namesIn(layout.temporary).map((name) => name.replace(/\.lock$/, "")));
  const left = [...names].filter((name) => !isHeld(join(layout.temporary, `${name}.lock`)));
  const trash = namesIn(layout.trash).length;
  const unmade = listProfiles(store).flatMap((profile) => unmadeIn(store, profile));
  const isLittered = left.length + trash > 0;
  if (!isLittered && unmade.length === 0) return { topic, state: "ok", text: "none" };
  const texts = [
    ...(isLittered
      ? [
          `${formatCount(left.length, "temporary directory", "temporary directories")} of killed processes, ${formatCount(trash, "thing")} in the trash`,
        ]
      : []),
    ...(unmade.length > 0 ? [`generations that were never live: ${unmade.join(", ")}`] : []),
  ];
  const advice =
    unmade.length > 0 ? "`store verify --repair`, then `store gc`, removes them." : "`store gc` removes them.";
  return { topic, state: "warn", text: texts.join("; "), advice };
}
