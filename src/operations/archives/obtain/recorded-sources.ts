import { join } from "node:path";
import { type BuildSource, buildPatches, buildSources, type SourcePlaces } from "../../../build/build-sources.ts";
import { placeSource } from "../../../build/place-source.ts";
import { StoreError } from "../../../errors.ts";
import { fromText } from "../../../model/byte-string.ts";
import { contentText, type Derivation, type DerivationSource } from "../../../model/derivation.ts";
import { fetchFile } from "../../../sources/fetch-file.ts";
import { parseIntegrity } from "../../../sources/integrity.ts";
import { isKept } from "../../../sources/kept-files.ts";
import { isSourceKept, sourceName, sourceSize } from "../../../sources/kept-sources.ts";
import { recordedUrls } from "../../../sources/recorded-urls.ts";
import { planBuild } from "../../building/build.ts";
import type { BuildSettings } from "../../building/build-settings.ts";

/** A source of a recorded build, and what would have to be downloaded for it. */
export interface RecordedSource extends BuildSource {
  readonly pending: { readonly url: string; readonly bytes?: number | undefined } | undefined;
}

/**
 * Where the sources and patches of a recorded build can be had: from the recipe that is there now, as far as it has the
 * same content; else kept, or from a URL that gave this content before. Nothing is downloaded.
 * @throws StoreError NOT_FOUND for one that nobody knows a place of
 */
export async function recordedSources(
  derivation: Derivation,
  settings: BuildSettings,
  places: SourcePlaces,
): Promise<readonly RecordedSource[]> {
  const beside = await sourcesOfRecipe(derivation, settings, places);
  return [...derivation.sources, ...derivation.patches].map((source) => locate(source, beside, places));
}

/** What a recipe that is there now has of the same package, by content: only it knows files that lie beside it. */
async function sourcesOfRecipe(
  { name, version }: Derivation,
  settings: BuildSettings,
  places: SourcePlaces,
): Promise<ReadonlyMap<string, BuildSource>> {
  if (settings.recipes.length === 0) return new Map();
  try {
    const graph = planBuild({ ...settings, specs: [`${name}@${version}`] });
    const planned = [...graph.packages.values()].find((each) => each.name === name && each.version === version);
    const found = planned ? [...(await buildSources(planned, places)), ...(await buildPatches(planned))] : [];
    return new Map(found.map((source) => [contentText(source), source]));
  } catch (error) {
    if (error instanceof StoreError) return new Map();
    throw error;
  }
}

function locate(
  source: DerivationSource,
  beside: ReadonlyMap<string, BuildSource>,
  { context }: SourcePlaces,
): RecordedSource {
  const { fileName, content, executable } = source;
  const known = beside.get(contentText(source));
  if (known)
    return { ...known, fileName, place: (directory) => known.place(directory), pending: pendingOf(known, context) };
  if (executable || /^(tree|commit):/.test(content)) throw notKnown(fileName, content);
  const integrity = parseIntegrity(content);
  const urls = recordedUrls(context, integrity);
  if (urls.length === 0 && !isKept(context, integrity)) throw notKnown(fileName, content);
  const place = async (directory: string): Promise<void> => {
    const { path } = await fetchFile(context, { urls, integrity, fileName });
    placeSource(fromText(path), join(directory, fileName));
  };
  const [url] = isKept(context, integrity) ? [] : urls;
  return { fileName, content, request: undefined, place, pending: url === undefined ? undefined : { url } };
}

function pendingOf({ request }: BuildSource, context: SourcePlaces["context"]): RecordedSource["pending"] {
  if (request === undefined || isSourceKept(context, request)) return undefined;
  return { url: sourceName(request), bytes: sourceSize(context, request) };
}

function notKnown(fileName: string, content: string): StoreError {
  return new StoreError("NOT_FOUND", `nobody knows where its source ${fileName} (${content}) is`, {
    hint: "Name the recipe with --recipes.",
    details: { fileName, content },
  });
}
