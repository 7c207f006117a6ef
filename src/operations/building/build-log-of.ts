import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { StoreError } from "../../errors.ts";
import type { BuildRecord } from "../../model/build-record.ts";
import type { DerivationKey } from "../../model/derivation.ts";
import type { BaseName, ProfileName } from "../../model/ids.ts";
import { buildLogPath, listBuilds } from "../../store/builds.ts";
import { listFailedLogs } from "../../store/failed-builds.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { objectAt } from "../../store/manifests.ts";
import { objectBehind } from "../../store/object-behind.ts";
import type { Store } from "../../store/open-store.ts";
import { hasProfile, readProfile } from "../../store/profiles.ts";
import { type AskedBuild, isAsked, namesOf } from "./asked-build.ts";

export interface BuildLogText {
  readonly key: DerivationKey;
  /** The record of the build; absent for one that failed or was interrupted. */
  readonly record: BuildRecord | undefined;
  readonly outcome: "built" | "failed" | "interrupted";
  /** Bytes of the log. */
  readonly text: Buffer;
}

/**
 * The log of a build: of an object, of an installed package, or of the newest build of a name, a version or a recipe, also
 * one that failed.
 * @throws StoreError NOT_FOUND, INVALID_RECIPE
 */
export function buildLogOf(store: Store, profile: ProfileName, request: AskedBuild): BuildLogText {
  const builds = listBuilds(store);
  const object = outputAt(store, builds, request) ?? installedAs(store, profile, request.what);
  const isMeant = object === undefined ? isAsked(request) : () => false;
  const failed = listFailedLogs(store).find(isMeant);
  const record = builds.find((build) => build.output === object || isMeant(namesOf(build)));
  const key = failed && (!record || failed.time > Date.parse(record.started)) ? failed.key : record?.key;
  if (key === undefined || !existsSync(buildLogPath(store, key))) throw noLog(request.what);
  const isOfFailed = failed?.key === key;
  return {
    key,
    record: !isOfFailed && record?.key === key ? record : undefined,
    outcome: !isOfFailed ? "built" : failed.interrupted ? "interrupted" : "failed",
    text: gunzipSync(readFileSync(buildLogPath(store, key))),
  };
}

/** By links it counts only when it was built here: a recipe can lie in a package, too. */
function outputAt(store: Store, builds: readonly BuildRecord[], { what, cwd }: AskedBuild): BaseName | undefined {
  const behind = objectBehind(store, what, cwd);
  return objectAt(store, what, cwd) ?? builds.find(({ output }) => output === behind)?.output;
}

function installedAs(store: Store, profile: ProfileName, name: string) {
  if (!hasProfile(store, profile)) return undefined;
  const { packages } = readGeneration(store, profile, readProfile(store, profile).current);
  return packages.find((item) => item.name === name)?.path;
}

function noLog(what: string): StoreError {
  return new StoreError("NOT_FOUND", `there is no log of a build of '${what}'`, {
    hint: "Give a store path, or the NAME or NAME@VERSION of a package that was built here.",
    details: { what },
  });
}
