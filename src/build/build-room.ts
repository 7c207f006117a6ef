import { closeSync, fchmodSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PHASES, type Phase } from "../model/recipe.ts";
import { removeAttributes } from "../system/native-calls.ts";
import { DRIVER, driverScript, phaseFile, phaseScript } from "./phase-script.ts";
import { writeIdentityFiles } from "./sandbox/identity.ts";

/** The directories of one build. */
export interface BuildRoom {
  readonly path: string;
  /** Where the phases work. */
  readonly build: string;
  readonly source: string;
  readonly scripts: string;
  /** Becomes the storeDir that the build sees; the output appears in it. */
  readonly world: string;
  readonly identity: string;
  readonly scratch: string;
}

export function makeBuildRoom(path: string): BuildRoom {
  const room = buildRoomAt(path);
  handNothingDown(path);
  for (const directory of [room.build, room.source, room.scripts, room.world, room.scratch]) mkdirSync(directory);
  writeIdentityFiles(room.identity);
  return room;
}

/**
 * A list of who may do what (ACL) that all below inherits names users whom a sandbox does not know: `cp -a` of a source
 * fails there.
 */
function handNothingDown(directory: string): void {
  const fd = openSync(directory, "r");
  try {
    removeAttributes(fd, () => fchmodSync(fd, 0o700));
  } finally {
    closeSync(fd);
  }
}

export function buildRoomAt(path: string): BuildRoom {
  const at = (name: string): string => join(path, name);
  return {
    path,
    build: at("build"),
    source: at("source"),
    scripts: at("scripts"),
    world: at("world"),
    identity: at("etc"),
    scratch: at("scratch"),
  };
}

/** Writes the phases and their driver; `seen` is where the build sees the directory. */
export function writeScripts(
  room: BuildRoom,
  script: { phases: Partial<Record<Phase, string>>; seen: string; mark: string },
): void {
  for (const phase of PHASES) {
    const text = script.phases[phase];
    if (text !== undefined) writeFileSync(join(room.scripts, phaseFile(phase)), phaseScript(phase, text, script.mark));
  }
  writeFileSync(join(room.scripts, DRIVER), driverScript(script.phases, script.seen));
}
