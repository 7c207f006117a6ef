import { settingValue } from "../model/config.ts";
import { readConfigFile } from "./config-file.ts";
import { historyBegins } from "./log/history.ts";
import type { TransactionLog } from "./log/transaction-log.ts";
import { trimLog } from "./log/trim.ts";
import type { Store } from "./open-store.ts";

const DAY_MS = 86_400_000;

/**
 * Drops from the log what the settings of the store say is too old: done when a snapshot was written, which is rarely.
 * Whatever keeps it from that is no failure of the change that it follows.
 */
export async function trimByPolicy(store: Store, log: TransactionLog): Promise<void> {
  try {
    const { settings } = readConfigFile(store);
    const days = settingValue("log.keep-days", settings.get("log.keep-days"));
    if (days === undefined) return;
    const keepLast = settingValue("log.keep-last", settings.get("log.keep-last"));
    const before = log.now().getTime() - days * DAY_MS;
    const begins = historyBegins(log);
    if (begins && Date.parse(begins.time) < before) await trimLog(log, { before, keepLast, isPolicy: true });
  } catch {
    // The log is longer than it need be; `store log trim` tells why.
  }
}
