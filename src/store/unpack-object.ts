import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import { type BaseName, digestInBaseName, digestOf } from "../model/ids.ts";
import {
  notPacked,
  PACKED_MANIFEST,
  PACKED_TREE,
  type PackedManifest,
  parsePackedManifest,
} from "../model/packed-object.ts";
import {
  type ArchiveLimits,
  type ExtractProgress,
  extractArchive,
  GZIP_RATIO,
} from "../system/archive/extract-archive.ts";
import { WIDTHS } from "./layout.ts";
import type { Lease } from "./leases.ts";
import type { Store } from "./open-store.ts";
import { LARGEST_MANIFEST } from "./packed-tree.ts";
import { type StagedObject, stagedTree, stageObject } from "./stage-object.ts";

/** A packed object whose tree lies, unchecked, where it can be staged. */
export interface UnpackedObject {
  readonly file: string;
  readonly manifest: PackedManifest;
  readonly room: { readonly path: string };
}

/**
 * What a packed object may unpack to. How often its size follows from how it was packed; the size that its manifest tells
 * would stop nobody, since who makes a bomb writes that, too.
 */
export type UnpackLimits = Pick<ArchiveLimits, "maxBytes" | "maxEntries">;

export interface UnpackOptions {
  /** An empty directory. */
  readonly room: { readonly path: string };
  readonly limits: UnpackLimits;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
}

/**
 * Unpacks a packed object into a room. Nothing of it is believed yet.
 * @throws StoreError ARCHIVE, LIMIT, NO_SPACE, NEWER_FORMAT
 */
export async function unpackObject(file: string, options: UnpackOptions): Promise<UnpackedObject> {
  const { room, limits, signal, onProgress } = options;
  const target = join(room.path, "packed");
  mkdirSync(target);
  try {
    await extractArchive(file, target, { strip: 0, limits: { ...limits, maxRatio: GZIP_RATIO }, signal, onProgress });
  } catch (error) {
    throw error instanceof StoreError && error.details.limit === "maxRatio" ? notFromGzip(file, error) : error;
  }
  const entries = readdirSync(target).sort();
  if (entries.join() !== [PACKED_MANIFEST, PACKED_TREE].join()) {
    throw notPacked(file, `it does not consist of ${PACKED_MANIFEST} and ${PACKED_TREE}`);
  }
  const status = lstatSync(join(target, PACKED_MANIFEST));
  if (!status.isFile() || status.size > LARGEST_MANIFEST) throw notPacked(file, `${PACKED_MANIFEST} is no such file`);
  if (!lstatSync(join(target, PACKED_TREE)).isDirectory()) throw notPacked(file, `${PACKED_TREE} is no directory`);
  const manifest = parsePackedManifest(readFileSync(join(target, PACKED_MANIFEST), "utf8"), file);
  renameSync(join(target, PACKED_TREE), stagedTree(room));
  return { file, manifest, room };
}

function notFromGzip(file: string, cause: StoreError): StoreError {
  return notPacked(file, `it expands to more than ${GZIP_RATIO} times its size, which no gzip file does`, cause);
}

/**
 * Checks an unpacked object against its name, byte for byte, and brings it into the form that it has in this store. Its
 * references must be in the store. With `replace` it will take the place of a damaged object of the same name.
 * @throws StoreError INTEGRITY when it is not what its name says; UNSUPPORTED when this store has another width
 */
export async function stageUnpacked(
  store: Store,
  { file, manifest, room }: UnpackedObject,
  options: { readonly lease: Lease; readonly replace?: boolean; readonly signal?: AbortSignal | undefined },
): Promise<StagedObject> {
  checkWidth(store, file, manifest);
  const { name, version } = manifest;
  const staged = await stageObject(store, {
    name,
    version,
    origin: { kind: "import" },
    temporary: room,
    ...options,
  });
  checkIdentity(file, manifest, staged);
  return staged;
}

function checkIdentity(file: string, manifest: PackedManifest, { manifest: found, reused }: StagedObject): void {
  if (found.path !== manifest.path || digestInBaseName(found.path) !== digestOf(found.treeId)) {
    throw wrongContent(file, manifest.path, found.path);
  }
  // One that is there already was looked through when the store held other objects.
  const mentioned = reused ? manifest.references : found.references;
  const missing = manifest.references.filter((reference) => !mentioned.includes(reference));
  if (missing.length > 0) {
    throw new StoreError("INTEGRITY", `${file} says that it needs ${missing.join(", ")}, which it does not mention`, {
      hint: "It was changed after it was packed. Get it from elsewhere.",
      details: { file, path: manifest.path, references: missing },
    });
  }
  if (found.localised && manifest.width === undefined) {
    throw notPacked(file, "it does not say for which width of store it was made");
  }
}

function wrongContent(file: string, expected: BaseName, actual: BaseName): StoreError {
  return new StoreError("INTEGRITY", `${file} does not hold ${expected}: its content is that of ${actual}`, {
    hint: "It is damaged, or was changed after it was packed; nothing was added. Get it from elsewhere.",
    details: { file, expected, actual },
  });
}

function checkWidth({ layout }: Store, file: string, { path, width }: PackedManifest): void {
  if (width === undefined || width === layout.width) return;
  const known = WIDTHS.some((each) => each === width);
  throw new StoreError("UNSUPPORTED", `${path} was made for stores of width ${width}; this one has ${layout.width}`, {
    hint: known
      ? `Import it into a store that was made with \`store init --width ${width}\`.`
      : "A newer version of store may know such stores.",
    details: { file, path, width, storeWidth: layout.width },
  });
}
