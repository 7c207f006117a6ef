import fc from "fast-check";
import type { BaseName } from "../../src/model/ids.ts";
import type { Forms } from "../../src/model/rewrite.ts";

/** A store, an object in it, and content in canonical form that may mention both. */
export interface Mention {
  readonly forms: Forms;
  readonly baseName: BaseName;
  /** One character for each byte. */
  readonly canonical: string;
}

const ROOTS = ["/home/user/.local/share/store", "/s", "/store", "/x/store", "/home/a/pkgs", "/", "/tmp/pkgs_/a", "/0"];
const BASE_NAMES = [
  ...["mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba-zlib-1.3.1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-a-1a"],
  ...["4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d-x-1.4d", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-n0-1.0"],
];

function padded(root: string): string {
  return `${root === "/" ? "" : root}/pkgs`.padEnd(48, "_");
}

const anyStore = fc.record({ root: fc.constantFrom(...ROOTS), baseName: fc.constantFrom(...BASE_NAMES) });

/** Content made of patterns, beginnings and ends of patterns, and what surrounds them; `filler` gives long stretches. */
export function anyMention(
  filler: fc.Arbitrary<string> = fc.constantFrom("", "_", "/", "0", "\xff"),
): fc.Arbitrary<Mention> {
  return anyStore.chain(({ root, baseName }) => {
    const forms = { canonicalStoreDir: padded("/store"), localStoreDir: padded(root) };
    const zero = `${"0".repeat(32)}${baseName.slice(32)}`;
    const pattern = fc.constantFrom(forms.canonicalStoreDir, zero);
    const piece = fc.oneof(
      { weight: 3, arbitrary: pattern },
      { weight: 2, arbitrary: part(pattern) },
      { weight: 1, arbitrary: part(fc.constantFrom(forms.localStoreDir, baseName)) },
      { weight: 2, arbitrary: filler },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString("latin1")) },
    );
    return fc
      .array(piece, { maxLength: 12 })
      .map((pieces) => ({ forms, baseName: baseName as BaseName, canonical: pieces.join("") }))
      .filter((each) => isCanonical(each));
  });
}

/** Whether nothing in it is in local form already. No content holds its own digest, which is a hash of it. */
function isCanonical({ canonical, forms, baseName }: Mention): boolean {
  if (canonical.includes(baseName.slice(0, 32))) return false;
  return forms.localStoreDir === forms.canonicalStoreDir || !canonical.includes(forms.localStoreDir);
}

function part(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(text, fc.nat(47), fc.boolean())
    .map(([whole, length, front]) => (front ? whole.slice(0, length) : whole.slice(-length)));
}

/** The local form, found by text search. */
export function naiveLocal({ canonical, forms, baseName }: Mention): string {
  const inStore = canonical.split(forms.canonicalStoreDir).join(forms.localStoreDir);
  return inStore.split(`${"0".repeat(32)}${baseName.slice(32)}`).join(baseName);
}
