import type { Verdict } from "../../model/bisect.ts";
import type { GenerationNumber } from "../../model/ids.ts";

/** One run of the command: in a generation, or with some of the changes between two of them. */
export interface BisectTest {
  readonly generation: GenerationNumber;
  /** Names of the packages that are as in `generation`; the others are as in the last good one. Absent: all are. */
  readonly packages?: readonly string[] | undefined;
  readonly verdict: Verdict;
  /** Why it could not be tested, or how the command ended: `exit 1`. */
  readonly reason: string;
  readonly seconds: number;
}
