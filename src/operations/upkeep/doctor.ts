import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import type { Diagnosis } from "../../model/diagnosis.ts";
import type { ProfileName } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import { removeTree } from "../../system/remove-tree.ts";
import { createTemporaryDirectory, type TemporaryDirectory } from "../../system/temporary-directory.ts";
import { checkMachine, checkSearchPath } from "./doctor/check-environment.ts";
import { checkFilesystem } from "./doctor/check-filesystem.ts";
import { checkStore } from "./doctor/check-store.ts";
import { told, toldError } from "./doctor/told.ts";

export interface DoctorRequest {
  readonly profile: ProfileName;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Opens the store; what it throws is one of the things that are told. */
  open(): Promise<Store>;
}

export type { Diagnosis } from "../../model/diagnosis.ts";

/** Looks at everything around the store that can keep it from working, and says what to do about it. */
export async function doctor(request: DoctorRequest): Promise<readonly Diagnosis[]> {
  const opened = await openOrTell(request);
  if ("topic" in opened) return [opened, ...(await withoutStore(request))];
  using rooms = makeRooms(opened);
  return [
    ...checkStore(opened, rooms.clock),
    ...checkFilesystem(opened, rooms.features),
    ...(rooms.machine === undefined ? await withoutStore(request) : await checkMachine(request.env, rooms.machine)),
    told("path", () => checkSearchPath(opened, request.profile, request.env)),
  ];
}

/** Directories of the store to try things in; why there are none is told by the check of the filesystem. */
interface Rooms extends Disposable {
  readonly clock?: string;
  readonly machine?: string;
  readonly features: string | Diagnosis;
}

function makeRooms({ layout, context }: Store): Rooms {
  let temporary: TemporaryDirectory | undefined;
  const release = () => temporary?.[Symbol.dispose]();
  try {
    temporary = createTemporaryDirectory(layout.temporary, context.command.join(" "), context.now);
    const beginning = join(temporary.path, "d-");
    const room = () => mkdtempSync(beginning);
    return { clock: room(), machine: room(), features: room(), [Symbol.dispose]: release };
  } catch (error) {
    release();
    return { features: toldError("writing", error), [Symbol.dispose]: () => {} };
  }
}

async function openOrTell({ open }: DoctorRequest): Promise<Store | Diagnosis> {
  try {
    return await open();
  } catch (error) {
    return toldError("root", error, error instanceof StoreError && error.code === "NOT_FOUND" ? "warn" : "bad");
  }
}

async function withoutStore({ env }: DoctorRequest): Promise<readonly Diagnosis[]> {
  const directory = mkdtempSync(join(tmpdir(), "store-doctor-"));
  try {
    return await checkMachine(env, directory);
  } finally {
    removeTree(directory);
  }
}
