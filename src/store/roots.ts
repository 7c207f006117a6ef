import { readdirSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isErrno } from "../errors.ts";
import { type BaseName, isBaseName, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import type { Root } from "../model/root.ts";
import { findBaseNames } from "../model/search/find-base-names.ts";
import { listProcessFacts } from "../system/process/process-facts.ts";
import { readGenerationIfThere } from "./generation-records.ts";
import { readMarks, toldOnce } from "./journal.ts";
import { generationLink, profilePath } from "./layout.ts";
import { listLeases } from "./leases.ts";
import { refuseLostProfiles } from "./lost-profiles.ts";
import { listNamedRoots } from "./named-roots.ts";
import type { Store } from "./open-store.ts";
import { listProfiles, liveGeneration } from "./profiles.ts";
import { resolveReferences } from "./references.ts";
import { listResultLinks } from "./result-links.ts";

/**
 * Everything that keeps objects: leases first, then what leases turn into, then the rest.
 * @throws StoreError DAMAGED, UNSAFE, NEWER_FORMAT for a root that cannot be read: it is never passed over
 */
export function readRoots(store: Store): Root[] {
  refuseLostProfiles(store);
  const told = toldOnce(store);
  return [
    ...leaseRoots(store),
    ...listProfiles(store).flatMap((profile) => generationRoots(store, profile, told)),
    ...listNamedRoots(store).map(({ name, object }): Root => ({ kind: "named", name, objects: [object] })),
    ...listResultLinks(store).flatMap(({ path, object }): Root[] =>
      object ? [{ kind: "link", path, objects: [object] }] : [],
    ),
    ...processRoots(store),
  ];
}

/** What running commands of the store work with. */
export function leaseRoots(store: Store): Root[] {
  return listLeases(store)
    .filter(({ alive, objects }) => alive && objects.length > 0)
    .map(({ holder, objects }) => ({
      kind: "lease",
      pid: holder?.pid,
      command: holder?.command ?? "",
      since: holder?.since ?? "",
      objects,
    }));
}

/**
 * What running processes use, whoever started them, as far as the system lets this user see it. `isObject` tells which
 * names are those of objects; default: of valid ones.
 */
export function processRoots(store: Store, isObject?: (name: BaseName) => boolean): Root[] {
  return listProcessFacts().flatMap(({ pid, command, facts }): Root[] => {
    const texts = new Set<string>();
    for (const bytes of facts) findBaseNames(bytes, texts);
    const objects = texts.size === 0 ? [] : resolveReferences(store, texts, isObject);
    return objects.length === 0 ? [] : [{ kind: "process", pid, command: command(), objects }];
  });
}

/** All generations that lie in the profile's directory, also one that is just being made. */
function generationRoots(store: Store, profile: ProfileName, told: ReturnType<typeof toldOnce>): Root[] {
  const pins = readMarks(store, profile, told);
  const current = liveGeneration(store, profile);
  return numbersIn(profilePath(store.layout, profile)).map((number): Root => {
    const generation = parseGenerationNumber(number);
    const record = readGenerationIfThere(store, profile, generation);
    const forest = forestBehind(generationLink(store.layout, profile, generation));
    const objects = new Set<BaseName>([
      ...(forest ? [forest] : []),
      ...(record ? [record.path, ...record.packages.map(({ path }) => path)] : []),
    ]);
    return {
      kind: "generation",
      profile,
      generation,
      current: generation === current,
      pinned: pins.generations.has(generation),
      tags: [...pins.tags].filter(([, tagged]) => tagged === generation).map(([name]) => name),
      objects: [...objects],
    };
  });
}

function numbersIn(directory: string): number[] {
  const names = readdirSync(directory).map((name) => /^gen-(\d+)(?:\.json)?$/.exec(name)?.[1]);
  return [...new Set(names.flatMap((number) => (number === undefined ? [] : [Number(number)])))].sort((a, b) => a - b);
}

function forestBehind(link: string): BaseName | undefined {
  try {
    const name = basename(readlinkSync(link));
    return isBaseName(name) ? name : undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}
