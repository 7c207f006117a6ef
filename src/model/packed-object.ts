import { StoreError } from "../errors.ts";
import {
  type BaseName,
  isBaseName,
  type PackageName,
  type PackageVersion,
  parseBaseName,
  parsePackageName,
  parsePackageVersion,
  parseTreeId,
  type TreeId,
} from "./ids.ts";
import { damageOf, parsedText, parseJsonObject, readRecord } from "./json-object.ts";
import type { Manifest } from "./manifest.ts";

/** What stands before the tree in a packed object: nothing in it depends on the store that it was packed in. */
export interface PackedManifest {
  readonly path: BaseName;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly treeId: TreeId;
  readonly size: number;
  readonly files: number;
  readonly references: readonly BaseName[];
  /** Of the storeDirs that the object can be in; absent for one that mentions neither its store nor itself. */
  readonly width: number | undefined;
}

/** The entries of a packed object. */
export const PACKED_MANIFEST = "manifest.json";
export const PACKED_TREE = "tree";

const PACKED_FORMAT = 1;
const ENDING = ".tar.gz";

export function packedFileName(object: BaseName): string {
  return `${object}${ENDING}`;
}

/** The object that a file of this name says it has packed. */
export function packedInFile(fileName: string): BaseName | undefined {
  const name = fileName.endsWith(ENDING) ? fileName.slice(0, -ENDING.length) : "";
  return isBaseName(name) ? name : undefined;
}

/**
 * What is packed along with an object's tree.
 * @throws StoreError UNSUPPORTED for an object whose name does not follow from its content
 */
export function packedManifest(manifest: Manifest, width: number): PackedManifest {
  if (manifest.addressing !== "content") {
    throw new StoreError("UNSUPPORTED", `${manifest.path} is named by its derivation, so nobody could check a copy`, {
      hint: "Build it in the other store from the same recipe: it gets the same name there.",
      details: { path: manifest.path },
    });
  }
  const { path, name, version, treeId, size, files, references, localised } = manifest;
  return { path, name, version, treeId, size, files, references, width: localised ? width : undefined };
}

export function printPackedManifest(manifest: PackedManifest): string {
  return `${JSON.stringify({ format: PACKED_FORMAT, ...manifest }, null, 2)}\n`;
}

/** @throws StoreError ARCHIVE, NEWER_FORMAT */
export function parsePackedManifest(text: string, source: string): PackedManifest {
  try {
    const record = readRecord(parseJsonObject(text, source), source, PACKED_FORMAT);
    return {
      path: record.parsed("path", parseBaseName),
      name: record.parsed("name", parsePackageName),
      version: record.parsed("version", parsePackageVersion),
      treeId: record.parsed("treeId", parseTreeId),
      size: record.count("size"),
      files: record.count("files"),
      references: record
        .list("references")
        .map((item) => parsedText(item, parseBaseName, { source, member: "references" })),
      width: record.optionalCount("width"),
    };
  } catch (error) {
    const reason = damageOf(error);
    throw reason === undefined ? error : notPacked(source, `${PACKED_MANIFEST}: ${reason}`, error);
  }
}

export function notPacked(file: string, reason: string, cause?: unknown): StoreError {
  return new StoreError("ARCHIVE", `${file} is no packed object: ${reason}`, {
    hint: "Packed objects are made by `store archive export`; other archives are added with `store add`.",
    details: { file },
    cause,
  });
}
