import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
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
  for (const [what, path] of foreignPaths(place)) {
    const files = filesWith(tree, Buffer.from(path), 5);
    if (files.length > 0) rules.onWarning(`${rules.planned.id} mentions ${what} (${path}) in ${files.join(", ")}`);
  }
}

/** Paths that mean nothing elsewhere. */
function foreignPaths({
  store,
  room,
  sandboxed,
}: Parameters<typeof checkReferences>[2]): [what: string, path: string][] {
  const home = store.context.env.HOME;
  const paths: [string, string][] = [["the build directory", sandboxed ? `${SANDBOX_BUILD_DIRECTORY}/` : room.build]];
  if (!sandboxed && home !== undefined && home.length > 1 && !store.layout.root.startsWith(home))
    paths.push(["the home directory", `${home}/`]);
  return paths;
}

function forbiddenReference(
  rules: ReferenceRules,
  found: { tree: string; reference: BaseName; name: string; listed: boolean },
): StoreError {
  const [file] = filesWith(found.tree, Buffer.from(found.reference), 1);
  const context = file === undefined ? "" : `\n  ${file}: ${contextIn(`${found.tree}/${file}`, found.reference)}`;
  const rule = found.listed ? "references: disallow forbids" : "references: allow does not list";
  return new StoreError(
    "BUILD_FAILED",
    `${rules.planned.id} mentions ${found.name}, which its recipe's ${rule}${context}`,
    {
      hint: "Keep the path out of the output, or change the rule in the recipe.",
      details: { reference: found.reference, file },
    },
  );
}

/** Escaped paths of files whose bytes hold the pattern. */
function filesWith(tree: string, pattern: Buffer, most: number): string[] {
  const found: string[] = [];
  const visit = (directory: ByteString, prefix: string): void => {
    for (const entry of readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" })) {
      const path = `${directory}/${entry.name}` as ByteString;
      if (found.length >= most) return;
      if (entry.isDirectory()) visit(path, `${prefix}${entry.name}/`);
      else if (entry.isFile() && holds(path, pattern)) found.push(toEscaped(`${prefix}${entry.name}` as ByteString));
    }
  };
  visit(fromText(tree), "");
  return found;
}

const PIECE = 1 << 24;

function holds(path: ByteString, pattern: Buffer): boolean {
  if (statSync(toFsPath(path)).size > PIECE) return holdsInPieces(path, pattern);
  return readFileSync(toFsPath(path)).includes(pattern);
}

function holdsInPieces(path: ByteString, pattern: Buffer): boolean {
  const fd = openSync(toFsPath(path), "r");
  try {
    const buffer = Buffer.allocUnsafe(PIECE + pattern.length);
    for (let position = 0; ; position += PIECE) {
      const count = readSync(fd, buffer, 0, buffer.length, position);
      if (buffer.subarray(0, count).includes(pattern)) return true;
      if (count < buffer.length) return false;
    }
  } finally {
    closeSync(fd);
  }
}

function contextIn(file: string, text: string): string {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  const around = bytes.toString("latin1", Math.max(0, at - 60), at + text.length + 40);
  return `…${around.replace(/[^\x20-\x7e]+/g, " ").trim()}…`;
}
