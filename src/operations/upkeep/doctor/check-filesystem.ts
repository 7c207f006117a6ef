import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { errnoOf, isErrno } from "../../../errors.ts";
import { type Diagnosis, judgeSpace } from "../../../model/diagnosis.ts";
import { indexPlace } from "../../../store/index/index-place.ts";
import type { Store } from "../../../store/open-store.ts";
import { syncDirectory } from "../../../system/atomic-file.ts";
import { networkFilesystem } from "../../../system/filesystem-kind.ts";
import { mountAround } from "../../../system/mounts.ts";
import { toldError } from "./told.ts";

/** Tries what the store asks of its filesystem, in a directory of its own, or tells why there is none. */
export function checkFilesystem(store: Store, directory: string | Diagnosis): Diagnosis[] {
  const { root } = store.layout;
  const features =
    typeof directory === "string" ? FEATURES.map((feature) => tryFeature(feature, directory)) : [directory];
  return [...checkSpace(root), checkKind(store), ...features];
}

function checkSpace(root: string): Diagnosis[] {
  const { bavail, bsize, blocks, ffree, files } = statfsSync(root);
  return judgeSpace({ free: bavail * bsize, total: blocks * bsize, freeInodes: ffree, totalInodes: files });
}

function checkKind(store: Store): Diagnosis {
  const { root } = store.layout;
  const network = networkFilesystem(root);
  if (network === undefined) return { topic: "filesystem", state: "ok", text: mountText(root) };
  const elsewhere = indexPlace(store).path === store.layout.index ? "" : "; the index does not lie there";
  const advice = `It works${elsewhere}. A local disk is faster and its locks are surer.`;
  return { topic: "filesystem", state: "warn", text: `the store lies on ${network}`, advice };
}

function mountText(root: string): string {
  const mount = mountAround(root);
  return mount ? `${mount.type}, mounted at ${mount.place}` : "a local filesystem";
}

interface Feature {
  readonly topic: string;
  /** What is said when it is there. */
  readonly there: string;
  readonly missing: Omit<Diagnosis, "topic">;
  /** Throws a system error, or returns false, where it is missing. */
  attempt(path: (name: string) => string): boolean;
}

const FEATURES: readonly Feature[] = [
  {
    topic: "symlinks",
    there: "symlinks work",
    missing: { state: "bad", text: "there are no symlinks here", advice: "Put the store on another filesystem." },
    attempt(path) {
      symlinkSync("target", path("link"));
      return true;
    },
  },
  {
    topic: "hard links",
    there: "equal files are stored once",
    missing: {
      state: "warn",
      text: "there are no hard links here: equal files take their space each time",
      advice: "Put the store on ext4, XFS, btrfs or ZFS.",
    },
    attempt(path) {
      writeFileSync(path("file"), "x");
      linkSync(path("file"), path("second"));
      return statSync(path("file")).nlink === 2;
    },
  },
  {
    topic: "reflinks",
    there: "large files are added without copying them",
    missing: { state: "ok", text: "none; large files are copied (btrfs, XFS and bcachefs have them)" },
    attempt(path) {
      writeFileSync(path("whole"), "x");
      copyFileSync(path("whole"), path("clone"), constants.COPYFILE_FICLONE_FORCE);
      return true;
    },
  },
  {
    topic: "case",
    there: "names that differ in case are different",
    missing: {
      state: "bad",
      text: "names that differ in case are the same here: such packages cannot be added",
      advice: "Put the store on a filesystem that tells upper and lower case apart.",
    },
    attempt(path) {
      writeFileSync(path("case"), "x");
      return !existsSync(path("CASE"));
    },
  },
  {
    topic: "flush",
    there: "files and directories can be flushed",
    missing: {
      state: "warn",
      text: "directories cannot be flushed here: a power failure can undo the last change",
      advice: "Put the store on a local filesystem.",
    },
    attempt(path) {
      const fd = openSync(path("flush"), "w");
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      syncDirectory(path("."));
      return true;
    },
  },
  {
    topic: "exec",
    there: "programs in the store can be run",
    missing: {
      state: "bad",
      text: "programs cannot be run from here (is it mounted noexec?)",
      advice: "Mount the filesystem with exec, or put the store elsewhere.",
    },
    attempt(path) {
      writeFileSync(path("program"), "#!/bin/sh\nexit 0\n");
      chmodSync(path("program"), 0o755);
      execFileSync(path("program"), [], { stdio: "ignore", timeout: 10_000 });
      return true;
    },
  },
];

function tryFeature({ topic, there, missing, attempt }: Feature, directory: string): Diagnosis {
  try {
    if (attempt((name) => join(directory, name))) return { topic, state: "ok", text: there };
  } catch (error) {
    if (isErrno(error, "ENOSPC", "EROFS", "EDQUOT"))
      return { ...toldError(topic, error), text: `nothing can be written (${errnoOf(error)})` };
  }
  return { topic, ...missing };
}
