import { lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isErrno } from "../../errors.ts";
import { type ByteString, fromText, toBytes, toEscaped, toFsPath } from "../../model/byte-string.ts";
import { isProfileName } from "../../model/ids.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { storeDirectories } from "../directories.ts";
import { asideDirectories, collectingFile, type Layout, leasesPath, namedRootPath, resultLinkPath } from "../layout.ts";
import type { Store } from "../open-store.ts";

/** A directory, a record or a lock file that the program cannot work with, whatever it holds. */
export interface PlaceFault {
  readonly path: ByteString;
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
    ...byteNamesIn(profiles).flatMap((name) => (name.startsWith(".") ? [] : profileFaults(profiles, name))),
    ...recordFaults(log, WRITTEN),
    ...[locks, leasesPath(layout)].flatMap((directory) =>
      namesIn(directory).flatMap((name) => lockFault(directory, name)),
    ),
    ...lockFault(dirname(collectingFile(layout)), basename(collectingFile(layout))),
    ...namesIn(temporary).flatMap((name) => (name.endsWith(".lock") ? lockFault(temporary, name) : [])),
  ];
}

export function toFinding({ layout }: Store, { path, kind, reason }: PlaceFault): Finding {
  const place = [layout.root, layout.admin].map(fromText).find((directory) => path.startsWith(`${directory}/`));
  return { kind, subject: toEscaped(path.slice(place === undefined ? 0 : place.length + 1) as ByteString), reason };
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
    return [{ path: fromText(path), kind: "wrong-kind", reason: "is no directory and must be one", lacks: 0 }];
  return modeFault(path, target, SEARCHED);
}

function profileFaults(profiles: string, name: ByteString): PlaceFault[] {
  const path = `${fromText(profiles)}/${name}` as ByteString;
  const status = statusOf(toFsPath(path), lstatSync);
  if (!status?.isDirectory()) return [];
  if (!isProfileName(name)) return [{ path, kind: "stray", reason: "has no name of a profile", lacks: 0 }];
  const directory = join(profiles, name);
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
  if (!status.isFile())
    return [{ path: fromText(path), kind: "wrong-kind", reason: "is no regular file and must be one", lacks: 0 }];
  return modeFault(path, status, WRITTEN);
}

function modeFault(path: string, { mode }: Stats, needs: number): PlaceFault[] {
  const lacks = needs & ~mode;
  if (lacks === 0) return [];
  const text = (mode & 0o7777).toString(8).padStart(4, "0");
  return [{ path: fromText(path), kind: "wrong-mode", reason: `has mode ${text}, which keeps its owner out`, lacks }];
}

/** What cannot be looked at is told of the directory that it is in. */
function statusOf(path: string | Buffer, look: typeof lstatSync | typeof statSync): Stats | undefined {
  try {
    return look(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, "EACCES", "ELOOP", "ENOTDIR")) return undefined;
    throw error;
  }
}

function namesIn(directory: string): string[] {
  return byteNamesIn(directory).map((name) => toBytes(name).toString("utf8"));
}

function byteNamesIn(directory: string): ByteString[] {
  try {
    return (readdirSync(directory, "latin1") as ByteString[]).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return [];
    throw error;
  }
}
