import { StoreError } from "../errors.ts";

/** Another place for what is fetched. */
export type Mirror =
  /** A URL that begins with `from` is also to be had with `to` in its place. */
  | { readonly kind: "prefix"; readonly from: string; readonly to: string }
  /** Files by their sum or by their name below a URL; asked for only what an integrity can be held against. */
  | { readonly kind: "place"; readonly url: string };

/**
 * A mirror as a person writes it: the URL or absolute directory of a place, or `FROM=TO` for URLs that begin with FROM.
 * @throws StoreError INVALID_INPUT
 */
export function parseMirror(text: string): Mirror {
  const [, from, to] = /^(https?:\/\/[^=]+)=((?:https?:|file:|\/).+)$/is.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { kind: "prefix", from, to: urlOf(to) };
  if (/^(https?:\/\/.|file:\/\/\/|\/)/i.test(text)) return { kind: "place", url: urlOf(text) };
  throw new StoreError("INVALID_INPUT", `'${text}' is no mirror`, {
    hint: "Write an http(s) URL, an absolute directory, or FROM=TO with the beginnings of two URLs.",
  });
}

/** What a person writes into `$STORE_MIRRORS`: mirrors with white space between them. */
export function parseMirrors(text: string): readonly Mirror[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(parseMirror);
}

function urlOf(text: string): string {
  if (!text.startsWith("/")) return text;
  return `file://${text.split("/").map(encodeURIComponent).join("/")}`;
}
