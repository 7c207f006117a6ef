import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../system/worker-error.ts";
import type { ImportSettings } from "./import/import-files.ts";
import { type ImportTask, runImportTask } from "./import/tasks.ts";

const settings = workerData as ImportSettings;

parentPort?.on("message", (task: ImportTask) => {
  try {
    parentPort?.postMessage({ result: runImportTask(settings, task) });
  } catch (error) {
    parentPort?.postMessage({ error: packError(error) });
  }
});
