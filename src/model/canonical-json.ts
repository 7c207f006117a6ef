import canonicalize from "canonicalize";
import { sumOfText } from "./sha256.ts";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** RFC 8785 (JSON Canonicalization Scheme) text of `value`; members that are `undefined` are left out. */
export function canonicalJson(value: Json): string {
  return (canonicalize as unknown as (input: Json) => string)(value);
}

/** SHA-256 of the canonical JSON text in UTF-8, 64 lower-case hexadecimal digits. */
export function canonicalSum(value: Json): string {
  return sumOfText(canonicalJson(value));
}
