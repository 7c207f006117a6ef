import { createHash } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";

/** Bytes. What is shorter is summed before Node has loaded its cryptography, which takes as long as half of a command. */
const SHORT = 4096;

/** SHA-256 of the text in UTF-8, 64 lower-case hexadecimal digits. */
export function sumOfText(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > SHORT) return createHash("sha256").update(bytes).digest("hex");
  return Buffer.from(sha256(bytes)).toString("hex");
}
