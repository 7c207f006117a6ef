import { parentPort } from "node:worker_threads";
import { finish } from "../system/steps.ts";
import { packError } from "../system/worker-error.ts";
import type { ImportSettings } from "./import/import-settings.ts";
import type { ImportJob } from "./import/runner.ts";
import { type ImportAnswer, importTaskSteps } from "./import/tasks.ts";

/** What the thread knows of an import it knows by its settings: a copy of them comes with every task. */
let current: { readonly key: string; readonly settings: ImportSettings } | undefined;

function sameSettings(settings: ImportSettings): ImportSettings {
  const key = JSON.stringify(settings);
  if (current?.key !== key) current = { key, settings };
  return current.settings;
}

function answer({ settings, task }: ImportJob): ImportAnswer {
  return finish(importTaskSteps(sameSettings(settings), task));
}

parentPort?.on("message", (job: ImportJob) => {
  try {
    parentPort?.postMessage({ result: answer(job) });
  } catch (error) {
    parentPort?.postMessage({ error: packError(error) });
  }
});
