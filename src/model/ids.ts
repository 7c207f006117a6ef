import { base32 } from "rfc4648";
import { StoreError } from "../errors.ts";

type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** SHA-256 of a git object (`sha256` object format) of type tree, 64 lower-case hexadecimal digits. */
export type TreeId = Brand<string, "TreeId">;
/** SHA-256 of a git object of type blob, 64 lower-case hexadecimal digits. */
export type BlobId = Brand<string, "BlobId">;
/** The first 20 bytes of a tree id in lower-case RFC 4648 base32: 32 characters. */
export type Digest = Brand<string, "Digest">;
/** A package name as it stands in a store path: `zlib`, `@scope+name`. */
export type PackageName = Brand<string, "PackageName">;
/** A version as text: `1.10` stays `1.10`. */
export type PackageVersion = Brand<string, "PackageVersion">;
/** `<digest>-<name>-<version>`: the name of a store object in its storeDir. */
export type BaseName = Brand<string, "BaseName">;
/** The number of a generation: 0, 1, 2 and so on. */
export type GenerationNumber = Brand<number, "GenerationNumber">;
/** The name of a profile: `default`. */
export type ProfileName = Brand<string, "ProfileName">;

/** What stands for an object's own digest in its canonical form: 32 zeros. */
export const ZERO_DIGEST = "0".repeat(32) as Digest;

const NAME = /^[A-Za-z0-9@_+][A-Za-z0-9@_+.-]{0,127}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9_+.~-]{0,79}$/;
const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const BASE_NAME = /^[a-z2-7]{32}-[A-Za-z0-9@_+][A-Za-z0-9@_+.-]{0,127}-[A-Za-z0-9][A-Za-z0-9_+.~-]{0,79}$/;

/** @throws StoreError INVALID_INPUT */
export function parseTreeId(text: string): TreeId {
  return parseHash(text, "tree id") as TreeId;
}

/** @throws StoreError INVALID_INPUT */
export function parseBlobId(text: string): BlobId {
  return parseHash(text, "blob id") as BlobId;
}

export function digestOf(treeId: TreeId): Digest {
  return digestOfSum(treeId);
}

/** The digest of an object that is named by a SHA-256 of something else, 64 hexadecimal digits. */
export function digestOfSum(sum: string): Digest {
  return base32.stringify(Buffer.from(sum.slice(0, 40), "hex")).toLowerCase() as Digest;
}

export function isPackageName(value: unknown): value is PackageName {
  return typeof value === "string" && NAME.test(value);
}

/** @throws StoreError INVALID_INPUT */
export function parsePackageName(text: string): PackageName {
  if (isPackageName(text)) return text;
  throw new StoreError("INVALID_INPUT", `'${text}' is not a package name`, {
    hint: "Use letters, digits and @ _ + . - (not first: . -), at most 128 characters; give one with --name.",
  });
}

export function isPackageVersion(value: unknown): value is PackageVersion {
  return typeof value === "string" && VERSION.test(value);
}

/** @throws StoreError INVALID_INPUT */
export function parsePackageVersion(text: string): PackageVersion {
  if (isPackageVersion(text)) return text;
  throw new StoreError("INVALID_INPUT", `'${text}' is not a version`, {
    hint: "Start with a letter or digit, go on with letters, digits and _ + . ~ -, at most 80 characters; give one with --version.",
  });
}

export function isProfileName(text: string): text is ProfileName {
  return PROFILE.test(text);
}

/** @throws StoreError INVALID_INPUT */
export function parseProfileName(text: string): ProfileName {
  if (isProfileName(text)) return text;
  throw new StoreError("INVALID_INPUT", `'${text}' is not a profile name`, {
    hint: "Use letters, digits and _ . - (not first: _ . -), at most 64 characters.",
  });
}

export function baseNameOf(digest: Digest, name: PackageName, version: PackageVersion): BaseName {
  return `${digest}-${name}-${version}` as BaseName;
}

export function isBaseName(text: string): text is BaseName {
  return BASE_NAME.test(text);
}

/** @throws StoreError INVALID_INPUT */
export function parseBaseName(text: string): BaseName {
  if (isBaseName(text)) return text;
  throw new StoreError("INVALID_INPUT", `'${text}' is not the name of a store object`, {
    hint: "A store object is named <32 characters of base32>-<name>-<version>.",
  });
}

export function digestInBaseName(baseName: BaseName): Digest {
  return baseName.slice(0, 32) as Digest;
}

/** The base name that an object has in its own canonical form. */
export function zeroBaseName(baseName: BaseName): BaseName {
  return `${ZERO_DIGEST}${baseName.slice(32)}` as BaseName;
}

/** @throws StoreError INVALID_INPUT */
export function parseGenerationNumber(value: number): GenerationNumber {
  if (Number.isSafeInteger(value) && value >= 0) return value as GenerationNumber;
  throw new StoreError("INVALID_INPUT", `${value} is not a generation number`);
}

/** The number in `gen-N`; `undefined` for any other text, also with zeros in front: each number has one name. */
export function generationIn(name: string): GenerationNumber | undefined {
  const number = /^gen-(0|[1-9]\d{0,14})$/.exec(name)?.[1];
  return number === undefined ? undefined : parseGenerationNumber(Number(number));
}

function parseHash(text: string, what: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new StoreError("INVALID_INPUT", `'${text}' is not a ${what}: 64 lower-case hexadecimal digits`);
}
