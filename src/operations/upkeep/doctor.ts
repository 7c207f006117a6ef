import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import type { Diagnosis } from "../../model/diagnosis.ts";
import type { ProfileName } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import { createTemporaryDirectory, removeTree } from "../../system/temporary-directory.ts";
import { checkMachine, checkSearchPath } from "./doctor/check-environment.ts";
import { checkFilesystem } from "./doctor/check-filesystem.ts";
import { checkStore } from "./doctor/check-store.ts";

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
  const { context, layout } = opened;
  using temporary = createTemporaryDirectory(layout.temporary, context.command.join(" "), context.now);
  const room = () => mkdtempSync(join(temporary.path, "d-"));
  return [
    ...checkStore(opened, room()),
    ...checkFilesystem(opened, room()),
    ...(await checkMachine(request.env, room())),
    checkSearchPath(opened, request.profile, request.env),
  ];
}

async function openOrTell({ open }: DoctorRequest): Promise<Store | Diagnosis> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const state = error.code === "NOT_FOUND" ? ("warn" as const) : ("bad" as const);
    return { topic: "root", state, text: error.message, ...(error.hint !== undefined && { advice: error.hint }) };
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
