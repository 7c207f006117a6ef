import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { isErrno } from "../../errors.ts";
import { isProfileName } from "../../model/ids.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { storeDirectories } from "../directories.ts";
import { asideDirectories, collectingFile, type Layout, leasesPath, namedRootPath, resultLinkPath } from "../layout.ts";
import type { Store } from "../open-store.ts";

/** A directory, a record or a lock file that the program cannot work with, whatever it holds. */
export interface PlaceFault {
  readonly path: string;
  readonly kind: "wrong-kind" | "wrong-mode" | "stray";
  readonly reason: string;
  /** The mode that it lacks. */
  readonly lacks: number;
}

const SEARCHED = 0o700;
const READ = 0o400;
const WRITTEN = 0o600;

/**
 * Looks whether the directories of the store are directories, its lock files are files, and its owner may use them and
 * the records in them. What is not there is no fault here. Each fault can hide others.
 */
export function checkPlaces({ layout }: Store): readonly PlaceFault[] {
  const directories = [...storeDirectories(layout), ...laterDirectories(layout)];
  const { manifests, profiles, log, builds, buildLogs, locks, temporary } = layout;
  return [
    ...directories.flatMap(directoryFault),
    ...[manifests, builds, buildLogs].flatMap((directory) => recordFaults(directory, READ)),
    ...namesIn(profiles).flatMap((name) => (name.startsWith(".") ? [] : profileFaults(join(profiles, name)))),
    ...recordFaults(log, WRITTEN),
    ...[locks, leasesPath(layout)].flatMap((directory) =>
      namesIn(directory).flatMap((name) => lockFault(directory, name)),
    ),
    ...lockFault(dirname(collectingFile(layout)), basename(collectingFile(layout))),
    ...namesIn(temporary).flatMap((name) => (name.endsWith(".lock") ? lockFault(temporary, name) : [])),
  ];
}

export function toFinding({ layout }: Store, { path, kind, reason }: PlaceFault): Finding {
  return { kind, subject: relative(path.startsWith(`${layout.root}/`) ? layout.root : layout.admin, path), reason };
}

/** Those that are made when they are needed. */
function laterDirectories(layout: Layout): readonly string[] {
  const { archives, twins, builds, files, log, sources } = layout;
  return [
    archives,
    twins,
    ...asideDirectories(layout),
    join(builds, "failed"),
    join(log, "torn"),
    leasesPath(layout),
    dirname(namedRootPath(layout, "x")),
    dirname(resultLinkPath(layout, "x")),
    ...namesIn(files).map((name) => join(files, name)),
    ...namesIn(sources).map((name) => join(sources, name)),
  ];
}

/** A link that leads to a directory is one: its owner has it elsewhere. */
function directoryFault(path: string): PlaceFault[] {
  const status = statusOf(path, lstatSync);
  if (!status) return [];
  const target = status.isSymbolicLink() ? statusOf(path, statSync) : status;
  if (!target?.isDirectory())
    return [{ path, kind: "wrong-kind", reason: "is no directory and must be one", lacks: 0 }];
  return modeFault(path, target, SEARCHED);
}

function profileFaults(directory: string): PlaceFault[] {
  const status = statusOf(directory, lstatSync);
  if (!status?.isDirectory()) return [];
  if (!isProfileName(basename(directory)))
    return [{ path: directory, kind: "stray", reason: "has no name of a profile", lacks: 0 }];
  const own = modeFault(directory, status, SEARCHED);
  return own.length > 0 ? own : recordFaults(directory, READ);
}

/** What is no file in the place of a record is told with what it records. */
function recordFaults(directory: string, needs: number): PlaceFault[] {
  return namesIn(directory).flatMap((name) => {
    const path = join(directory, name);
    const status = statusOf(path, lstatSync);
    return status?.isFile() ? modeFault(path, status, needs) : [];
  });
}

function lockFault(directory: string, name: string): PlaceFault[] {
  const path = join(directory, name);
  const status = statusOf(path, lstatSync);
  if (!status) return [];
  if (!status.isFile()) return [{ path, kind: "wrong-kind", reason: "is no regular file and must be one", lacks: 0 }];
  return modeFault(path, status, WRITTEN);
}

function modeFault(path: string, { mode }: Stats, needs: number): PlaceFault[] {
  const lacks = needs & ~mode;
  if (lacks === 0) return [];
  const text = (mode & 0o7777).toString(8).padStart(4, "0");
  return [{ path, kind: "wrong-mode", reason: `has mode ${text}, which keeps its owner out`, lacks }];
}

/** What cannot be looked at is told of the directory that it is in. */
function statusOf(path: string, look: typeof lstatSync | typeof statSync): Stats | undefined {
  try {
    return look(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, "EACCES", "ELOOP", "ENOTDIR")) return undefined;
    throw error;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return [];
    throw error;
  }
}
