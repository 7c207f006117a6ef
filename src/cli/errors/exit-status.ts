import type { ErrorCode } from "../../errors.ts";

/**
 * 0 done, 1 failed and nothing changed, 2 wrong usage or input, 3 done with warnings that need a person, 4 refused as
 * unsafe, 5 busy, 6 damaged store or log, 130 interrupted.
 */
export type ExitStatus = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 130;

export const EXIT_STATUS: Readonly<Record<ErrorCode, ExitStatus>> = {
  FAILED: 1,
  USAGE: 2,
  INVALID_RECIPE: 2,
  INVALID_INPUT: 2,
  NOT_FOUND: 1,
  CONFLICT: 1,
  INTEGRITY: 1,
  ARCHIVE: 1,
  LIMIT: 4,
  NETWORK: 1,
  OFFLINE: 1,
  BUILD_FAILED: 1,
  CHECK_FAILED: 1,
  UNSAFE: 4,
  BUSY: 5,
  DAMAGED: 6,
  NEWER_FORMAT: 1,
  NO_SPACE: 1,
  UNSUPPORTED: 1,
  INTERRUPTED: 130,
};
