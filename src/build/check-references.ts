import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { basename } from "node:path";
import { StoreError } from "../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import type { Derivation } from "../model/derivation.ts";
import type { BaseName } from "../model/ids.ts";
import { objectPath } from "../store/layout.ts";
import { readManifest } from "../store/manifests.ts";
import type { Store } from "../store/open-store.ts";
import type { StagedObject } from "../store/stage-object.ts";
import { SANDBOX_BUILD_DIRECTORY } from "./sandbox.ts";

export interface ReferenceRules {
  readonly derivation: Derivation;
  readonly planned: { readonly id: string };
  readonly onWarning: (message: string) => void;
  /** For what nobody needs to do anything about. */
  readonly onNote: (message: string, hint: string) => void;
}

/**
 * Holds an output against the recipe's rules for references, and warns of paths that will not be there for others: the
 * build directory, the home directory, the store's root outside of its objects.
 * @throws StoreError BUILD_FAILED naming the object, the first file that mentions it and the text around
 */
export async function checkReferences(
  staged: StagedObject,
  rules: ReferenceRules,
  place: { readonly store: Store; readonly room: { readonly build: string }; readonly sandboxed: boolean },
): Promise<void> {
  const { store } = place;
  const tree = staged.reused ? objectPath(store.layout, staged.manifest.path) : staged.directory;
  const { allow, disallow } = rules.derivation.references;
  for (const reference of staged.manifest.references) {
    const { name } = readManifest(store, reference);
    const forbidden = disallow.includes(name) || (allow !== undefined && !allow.includes(name));
    if (forbidden) throw forbiddenReference(rules, { tree, reference, name, listed: disallow.includes(name) });
  }
  const paths = foreignPaths(place);
  const found = filesWith(
    tree,
    paths.map(
      ({ path, notBefore }) =>
        (bytes) =>
          mentionsPath(bytes, path, notBefore),
    ),
    FILES_NAMED,
  );
  for (const [index, { what, path }] of paths.entries()) {
    const files = found[index] as readonly string[];
    if (files.length === 0) continue;
    const message = `${rules.planned.id} mentions ${what} (${path}) in ${files.join(", ")}`;
    if (isSameEverywhere(place, path)) rules.onNote(message, LEAVE_OUT);
    else rules.onWarning(message);
  }
}

/** In the sandbox every build works at the same place: to mention it, as debug information does, makes no difference. */
function isSameEverywhere({ sandboxed }: { readonly sandboxed: boolean }, path: string): boolean {
  return sandboxed && path === SANDBOX_BUILD_DIRECTORY;
}

const LEAVE_OUT = `Mostly that is debug information: -g0, strip or -ffile-prefix-map=${SANDBOX_BUILD_DIRECTORY}=. leave it out.`;

/** How many files a warning names. */
const FILES_NAMED = 5;

interface ForeignPath {
  readonly what: string;
  readonly path: string;
  /** What may stand behind the path: it leads to something that does mean something elsewhere. */
  readonly notBefore?: string;
}

/** Paths that mean nothing elsewhere. */
function foreignPaths({ store, room, sandboxed }: Parameters<typeof checkReferences>[2]): ForeignPath[] {
  const { root, storeDir } = store.layout;
  const home = store.context.env.HOME ?? "";
  const paths: ForeignPath[] = [
    { what: "the build directory", path: sandboxed ? SANDBOX_BUILD_DIRECTORY : room.build },
    { what: "the store's root", path: root, notBefore: `/${basename(storeDir)}` },
  ];
  if (home.length > 1 && home.startsWith("/") && home !== root) {
    const inside = root.startsWith(`${home}/`);
    paths.push({ what: "the home directory", path: home, ...(inside && { notBefore: root.slice(home.length) }) });
  }
  return paths;
}

/** Whether a path stands in the bytes as such, and not as a part of the name of another. */
function mentionsPath(bytes: Buffer, path: string, notBefore: string | undefined): boolean {
  for (let at = bytes.indexOf(path); at >= 0; at = bytes.indexOf(path, at + path.length)) {
    const end = at + path.length;
    const isWhole = !isNameByte(bytes[at - 1]) && !isNameByte(bytes[end]);
    const isExcepted = notBefore !== undefined && bytes.toString("latin1", end, end + notBefore.length) === notBefore;
    if (isWhole && !isExcepted) return true;
  }
  return false;
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && /[A-Za-z0-9._+@}~-]/.test(String.fromCharCode(byte));
}

function forbiddenReference(
  rules: ReferenceRules,
  found: { tree: string; reference: BaseName; name: string; listed: boolean },
): StoreError {
  const [[file] = []] = filesWith(found.tree, [(bytes) => bytes.includes(found.reference)], 1);
  const context = file === undefined ? "" : `\n  ${file}: ${contextIn(`${found.tree}/${file}`, found.reference)}`;
  const rule = found.listed ? "references: disallow forbids" : "references: allow does not list";
  return new StoreError(
    "BUILD_FAILED",
    `${rules.planned.id} mentions ${found.name}, which its recipe's ${rule}${context}`,
    {
      hint: "Keep the path out of the output, or change the rule in the recipe.",
      details: { package: rules.planned.id, reference: found.reference, file },
    },
  );
}

type Test = (bytes: Buffer) => boolean;

/** For each test the escaped paths of up to `most` files and links that pass it; every file is read once. */
function filesWith(tree: string, tests: readonly Test[], most: number): readonly (readonly string[])[] {
  const found = tests.map((): string[] => []);
  const room = createRoom();
  const look = (pieces: Iterable<Buffer>, shown: string): void => {
    const open = new Set(tests.keys());
    for (const bytes of pieces) for (const index of open) if (tests[index]?.(bytes)) open.delete(index);
    for (const [index, files] of found.entries()) if (!open.has(index) && files.length < most) files.push(shown);
  };
  const visit = (directory: ByteString, prefix: string): void => {
    for (const entry of readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" })) {
      const path = `${directory}/${entry.name}` as ByteString;
      const shown = toEscaped(`${prefix}${entry.name}` as ByteString);
      if (entry.isDirectory()) visit(path, `${prefix}${entry.name}/`);
      else if (entry.isFile()) look(piecesOf(path, room), shown);
      else if (entry.isSymbolicLink()) look([readlinkSync(toFsPath(path), "buffer")], shown);
    }
  };
  visit(fromText(tree), "");
  return found;
}

const PIECE = 1 << 21;
/** More than any path is long: each piece holds that much of the next. */
const OVERLAP = 1 << 13;

type Room = (size: number) => Buffer;

/** Memory for one file after the other, not more than the largest needs: most outputs are small. */
function createRoom(): Room {
  let room = Buffer.alloc(0);
  return (size) => {
    const wanted = Math.min(Math.max(size + 1, 2 * OVERLAP), PIECE + OVERLAP);
    if (room.length < wanted) room = Buffer.allocUnsafeSlow(Math.min(2 * wanted, PIECE + OVERLAP));
    return room;
  };
}

/** The content of a file in pieces that overlap; each is there until the next one is read into the same memory. */
function* piecesOf(path: ByteString, roomFor: Room): Generator<Buffer> {
  const fd = openSync(toFsPath(path), "r");
  try {
    const buffer = roomFor(fstatSync(fd).size);
    for (let position = 0, count = buffer.length; count === buffer.length; position += buffer.length - OVERLAP) {
      count = readSync(fd, buffer, 0, buffer.length, position);
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

function contextIn(file: string, text: string): string {
  if (lstatSync(file).isSymbolicLink()) return readlinkSync(file);
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  const around = bytes.toString("latin1", Math.max(0, at - 60), at + text.length + 40);
  return `…${around.replace(/[^\x20-\x7e]+/g, " ").trim()}…`;
}
