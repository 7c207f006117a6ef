import { parentPort } from "node:worker_threads";
import { packError } from "../system/worker-error.ts";
import { type RemovalTask, removeTaken } from "./collection/remove-taken.ts";

parentPort?.on("message", (task: RemovalTask) => {
  try {
    parentPort?.postMessage({ result: removeTaken(task) });
  } catch (error) {
    parentPort?.postMessage({ error: packError(error) });
  }
});
