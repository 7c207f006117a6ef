import { tryAcquireLock } from "../system/lock.ts";
export async function main(_argv: readonly string[], _env: NodeJS.ProcessEnv): Promise<number> {
  console.log(tryAcquireLock("/tmp/lkk","x",()=>new Date()));
  return 0;
}
