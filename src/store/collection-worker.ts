import { parentPort } from "node:worker_threads";
import { packError } from "../system/worker-error.ts";
import { type CollectionTask, runCollectionTask } from "./collection/collection-task.ts";

parentPort?.on("message", (task: CollectionTask) => {
  try {
    parentPort?.postMessage({ result: runCollectionTask(task) });
  } catch (error) {
    parentPort?.postMessage({ error: packError(error) });
  }
});
