import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { hostToolStamp } from "../../build/host-tool-stamp.ts";
import { hostToolPath } from "../../build/sandbox/host-toolchain.ts";
import { BUILD_SUPPORT } from "../../model/build-support.ts";
import { isSageTree } from "../../recipes/recipe-places.ts";
import { type BuildMemory, readBuildMemory } from "../../store/build-memory.ts";
import { buildFile, manifestPath, objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { fileStamp } from "../../system/file-stamp.ts";
import type { BuildRequest, BuiltPackage } from "./build.ts";

/**
 * What a request comes to, when the same request was carried out before, nothing that it depends on was changed since,
 * and all that it needs is still in the store. One file is read, and no recipe; `undefined`: it must be worked out.
 */
export function recallBuild(store: Store, request: BuildRequest): readonly BuiltPackage[] | undefined {
  const text = requestText(store, request);
  const memory = text === undefined ? undefined : readBuildMemory(store, text);
  if (memory === undefined || !isAsItWas(store, memory)) return undefined;
  return memory.wanted.map((wanted) => ({ ...wanted, path: objectPath(store.layout, wanted.baseName), built: false }));
}

/**
 * Everything but files that decides what a request comes to. `undefined` for one that is not remembered: packages of a
 * Sage tree depend on files all over it.
 */
export function requestText(store: Store, request: BuildRequest): string | undefined {
  if (request.recipes.some(isSageTree)) return undefined;
  const { cwd, specs, kept = [], builtWith = [], recipes, check = false, sandbox } = request;
  const places = recipes.map((place) => resolve(cwd, place));
  const host = hostToolStamp({ path: hostToolPath(store.context.env.PATH ?? "") });
  const variants = [...builtWith].map(([spec, below]) => [spec, ...below]);
  const program = [process.env.STORE_VERSION, BUILD_SUPPORT, process.platform, process.arch];
  return JSON.stringify([program, host, cwd, places, specs, [...kept], variants, check, sandbox === "required"]);
}

function isAsItWas(store: Store, { stamps, builds }: BuildMemory): boolean {
  return (
    stamps.every(([path, stamp]) => fileStamp(path) === stamp) &&
    builds.every(
      ([key, output]) => existsSync(buildFile(store.layout, key)) && existsSync(manifestPath(store.layout, output)),
    )
  );
}
