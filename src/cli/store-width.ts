import { StoreError } from "../errors.ts";
import { WIDTHS, type Width } from "../store/layout.ts";
import type { Store } from "../store/open-store.ts";

/** @throws StoreError USAGE */
export function parseWidth(text: string): Width {
  const width = WIDTHS.find((known) => String(known) === text);
  if (width !== undefined) return width;
  throw new StoreError("USAGE", `a store cannot have the width '${text}'`, { hint: `Choose ${WIDTHS.join(", ")}.` });
}

/**
 * A store keeps the width that it was made with.
 * @throws StoreError INVALID_INPUT when another one is wanted
 */
export function checkWidth({ file, layout }: Store, wanted: Width | undefined): void {
  if (wanted === undefined || wanted === file.width) return;
  throw new StoreError("INVALID_INPUT", `there is a store of width ${file.width} at ${layout.root} already`, {
    hint: "Name another place with --root.",
    details: { root: layout.root, width: file.width, wanted },
  });
}
