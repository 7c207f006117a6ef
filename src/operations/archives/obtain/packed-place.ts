import type { BaseName } from "../../../model/ids.ts";
import type { PackedManifest } from "../../../model/packed-object.ts";

/** A packed object that lies on this machine while it is used. */
export interface PackedFound extends Disposable {
  readonly path: string;
}

/** Where packed objects can be. */
export interface PackedPlace {
  readonly kind: "archive" | "repository";
  /** As it is told to people. */
  readonly name: string;
  /** @throws StoreError when the place cannot be looked at */
  find(object: BaseName): Promise<PackedFound | undefined>;
  /**
   * Whether it has the object, without getting it.
   * @throws StoreError when the place cannot be looked at
   */
  look(object: BaseName): Promise<PackedSeen | undefined>;
}

/** What is known of a packed object that was not got. */
export interface PackedSeen {
  /** What it says of itself, where that could be read. */
  readonly manifest?: PackedManifest | undefined;
  /** Where it would be downloaded from, and how much that is. */
  readonly url?: string;
  readonly bytes?: number | undefined;
}
