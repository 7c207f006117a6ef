import { writeSync } from "node:fs";
import { fetchSource, type SourceRequest } from "../../src/sources/fetch-all.ts";
import type { FetchContext } from "../../src/sources/fetch-context.ts";

/** A process that fetches one source: the context and the request come as JSON, events and the result go as JSON lines. */
const [settings, request] = process.argv.slice(2).map((text) => JSON.parse(text)) as [
  Partial<FetchContext>,
  SourceRequest,
];

const context: FetchContext = {
  directory: "",
  offline: false,
  env: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
  retryDelayMs: 1,
  ...settings,
  onEvent: (event) => tell({ event }),
};

tell({ result: await fetchSource(context, request) });

function tell(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
