import type { UnpackLimits } from "../../store/unpack-object.ts";
import { DEFAULT_LIMITS } from "../packages/stage-package.ts";
import type { PackedPlace } from "./obtain/packed-place.ts";

/**
 * What a packed object from a place may unpack to. What the store packed itself was an object of it, however large, and
 * must be one again.
 */
export function limitsOf({ kind }: Pick<PackedPlace, "kind">, raised: Partial<UnpackLimits> = {}): UnpackLimits {
  const { POSITIVE_INFINITY } = Number;
  if (kind === "archive") return { maxBytes: POSITIVE_INFINITY, maxEntries: POSITIVE_INFINITY };
  const { maxBytes, maxEntries } = DEFAULT_LIMITS;
  return { maxBytes, maxEntries, ...raised };
}
