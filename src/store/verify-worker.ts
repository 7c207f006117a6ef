import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../system/worker-error.ts";
import type { VerifySettings } from "./verify/settings.ts";
import { runVerifyTask, type VerifyTask } from "./verify/tasks.ts";

const settings = workerData as VerifySettings;

parentPort?.on("message", (task: VerifyTask) => {
  try {
    parentPort?.postMessage({ result: runVerifyTask(settings, task) });
  } catch (error) {
    parentPort?.postMessage({ error: packError(error) });
  }
});
