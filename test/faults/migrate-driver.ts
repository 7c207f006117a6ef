// Brings the store whose root is given up to date, and says so. No command does it for an older format, since there is none.
import { openStoreAt } from "../../src/store/open-store.ts";
import { FORMATS } from "../helpers/old-format.ts";

const context = { now: () => new Date(), timeZone: "UTC", command: ["store"], user: "tester", wait: true, env: {} };
await openStoreAt({ root: process.argv[2] as string, formats: FORMATS, context });
process.stdout.write("done\n");
