import fc from "fast-check";
import { SEED } from "./seed.ts";

// A property that gives a seed of its own keeps it.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
