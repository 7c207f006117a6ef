import { StoreError } from "../errors.ts";
import { readAs } from "./read-as.ts";
import { withoutCredentials } from "./without-credentials.ts";

/** Another place for what is fetched. */
export type Mirror =
  /** A URL that begins with `from` is also to be had with `to` in its place. */
  | { readonly kind: "prefix"; readonly from: string; readonly to: string }
  /** Files by their sum or by their name below a URL; asked for only what an integrity can be held against. */
  | { readonly kind: "place"; readonly url: string };

/**
 * A mirror as a person writes it: the URL or absolute directory of a place, or `FROM=TO` for URLs that begin with FROM.
 * @throws StoreError INVALID_INPUT, also where nothing could ever be fetched from
 */
export function parseMirror(text: string): Mirror {
  const mirror = readMirror(text);
  const urls = mirror.kind === "place" ? [mirror.url] : [mirror.from, mirror.to];
  if (!urls.every((url) => URL.canParse(url))) throw noMirror(text);
  return mirror;
}

/**
 * A mirror of which only the form is looked at, as it may stand in a setting: one that leads nowhere gives way to the
 * next place like one that does not answer.
 * @throws StoreError INVALID_INPUT
 */
export function readMirror(text: string): Mirror {
  const [, from, to] = /^(https?:\/\/[^=]+)=((?:https?:|file:|\/).+)$/is.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { kind: "prefix", from, to: urlOf(to) };
  if (/^(https?:\/\/|file:\/\/\/|\/)/i.test(text)) return { kind: "place", url: urlOf(text) };
  throw noMirror(text);
}

/** What a person writes into the variable `name`: mirrors with white space between them. */
export function parseMirrors(name: string, text: string): readonly Mirror[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  return words.map((word) => readAs(name, () => parseMirror(word)));
}

function noMirror(text: string): StoreError {
  return new StoreError("INVALID_INPUT", `'${withoutCredentials(text)}' is no mirror`, {
    hint: "Write an http(s) URL, an absolute directory, or FROM=TO with the beginnings of two URLs.",
  });
}

function urlOf(text: string): string {
  if (!text.startsWith("/")) return text;
  return `file://${text.split("/").map(encodeURIComponent).join("/")}`;
}
