import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Who a build is and where, the same for every user on every machine. */
export interface SandboxIdentity {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly hostname: string;
}

export const SANDBOX_IDENTITY: SandboxIdentity = { user: "build", uid: 1000, gid: 1000, hostname: "localhost" };

/** Where `sandboxCommand` shows each of the files that `writeIdentityFiles` writes. */
export const IDENTITY_FILES = ["passwd", "group", "hosts", "nsswitch.conf"] as const;

/** Writes the files of `/etc` that name users and hosts into `directory`, which may exist. */
export function writeIdentityFiles(directory: string, identity: SandboxIdentity = SANDBOX_IDENTITY): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const content = identityContent(identity);
  for (const name of IDENTITY_FILES) writeFileSync(join(directory, name), content[name], { mode: 0o644 });
}

function identityContent(identity: SandboxIdentity): Readonly<Record<(typeof IDENTITY_FILES)[number], string>> {
  const { user, uid, gid, hostname } = identity;
  const names = [...new Set(["localhost", hostname])].join(" ");
  return {
    passwd: lines(
      "root:x:0:0:root:/homeless:/bin/false",
      `${user}:x:${uid}:${gid}:${user}:/homeless:/bin/false`,
      "nobody:x:65534:65534:nobody:/homeless:/bin/false",
    ),
    group: lines("root:x:0:", `${user}:x:${gid}:`, "nogroup:x:65534:"),
    hosts: lines(`127.0.0.1 ${names}`, `::1 ${names}`),
    "nsswitch.conf": lines(
      ...["passwd", "group", "shadow", "hosts", "services", "protocols", "networks", "ethers", "rpc"].map(
        (database) => `${database}: files`,
      ),
    ),
  };
}

function lines(...texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
