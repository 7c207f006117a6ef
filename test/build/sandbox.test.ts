import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { homedir, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { findInPath } from "../../src/build/sandbox/host-toolchain.ts";
import { probeSandbox } from "../../src/build/sandbox/probe-sandbox.ts";
import { runInSandboxInteractively } from "../../src/build/sandbox/run-in-sandbox.ts";
import { SANDBOX_BUILD_DIRECTORY, type SandboxSpec, sandboxCommand } from "../../src/build/sandbox.ts";
import { createJobserver, jobserverFlags } from "../../src/system/jobserver.ts";
import { captureOutput } from "../../src/system/process/capture-output.ts";
import { createLauncher } from "../../src/system/process/launcher.ts";
import { listProcesses, readProcess } from "../../src/system/process/process-table.ts";
import { createSandboxWorld, findSandboxUsers, type SandboxWorld } from "../helpers/sandbox.ts";

const STORE = "/store/pkgs______________________________________";
const users = await findSandboxUsers();

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return "";
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("sandboxCommand", () => {
  const spec: SandboxSpec = {
    tools: {
      bubblewrap: "/opt/bwrap",
      version: "0.8.0",
      sizes: false,
      disableUserns: false,
      toolchain: {
        mounts: [
          { kind: "bind", path: "/usr" },
          { kind: "hide", path: "/usr/local" },
          { kind: "link", path: "/bin", target: "usr/bin" },
        ],
        path: "/usr/bin",
        bash: "/bin/bash",
      },
    },
    identityDirectory: "/etc-files",
    buildDirectory: "/here/build",
    binds: [
      { from: "/here/store", to: STORE, writable: true },
      { from: "/objects/a", to: `${STORE}/a` },
    ],
    command: ["make", "all; rm -rf /"],
    env: { A: "1" },
  };
  const at = (args: readonly string[], ...part: readonly string[]): number =>
    args.findIndex((_, index) => part.every((text, offset) => args[index + offset] === text));

  it("passes the command as data, at the end", () => {
    const { command, args } = sandboxCommand(spec);
    expect(command).toBe("/opt/bwrap");
    expect(args.slice(-4)).toEqual(["build", "A=1", "make", "all; rm -rf /"]);
  });

  it("mounts in an order in which nothing covers what came before", () => {
    const { args } = sandboxCommand(spec);
    const order = [
      at(args, "--ro-bind", "/usr", "/usr"),
      at(args, "--tmpfs", "/usr/local"),
      at(args, "--dir", "/store"),
      at(args, "--bind", "/here/store", STORE),
      at(args, "--ro-bind", "/objects/a", `${STORE}/a`),
      at(args, "--remount-ro", "/"),
      args.indexOf("--"),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(at(args, "--dir", STORE)).toBe(-1);
  });

  it("leaves out what this bubblewrap does not know", () => {
    const plain = sandboxCommand(spec).args;
    expect([plain.includes("--size"), plain.includes("--disable-userns")]).toEqual([false, false]);
    const full = sandboxCommand({ ...spec, tools: { ...spec.tools, sizes: true, disableUserns: true } }).args;
    expect([full.includes("--size"), full.includes("--disable-userns")]).toEqual([true, true]);
  });

  it("keeps the terminal and the network only when asked", () => {
    const closed = sandboxCommand(spec).args;
    expect([closed.includes("--new-session"), closed.includes("--unshare-net")]).toEqual([true, true]);
    const open = sandboxCommand({ ...spec, interactive: true, network: true }).args;
    expect([open.includes("--new-session"), open.includes("--unshare-net")]).toEqual([false, false]);
  });

  it("refuses paths that are not absolute", () => {
    for (const bind of [
      { from: "relative", to: "/a" },
      { from: "/a", to: "relative" },
      { from: "/a\0b", to: "/a" },
    ]) {
      expect(() => sandboxCommand({ ...spec, binds: [bind] })).toThrow(/not an absolute path/);
    }
  });
});

describe("probeSandbox", () => {
  const directory = tmpdir();

  it("says why there is none", async () => {
    expect(await probeSandbox({ path: "/usr/bin", platform: "darwin", directory })).toMatchObject({
      available: false,
      reason: "there is no sandbox on darwin",
    });
  });

  it.runIf(process.platform === "linux")("tells a bubblewrap that works from one that does not", async () => {
    const fake = mkdtempSync(join(directory, "fake-bwrap-"));
    const complaint = "bwrap: setting up uid map: Permission denied";
    writeFileSync(
      join(fake, "bwrap"),
      `#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 9.9 && exit\necho '${complaint}' >&2\nexit 1\n`,
    );
    chmodSync(join(fake, "bwrap"), 0o755);
    const probe = await probeSandbox({ path: fake, platform: "linux", directory });
    expect(probe).toMatchObject({ available: false, reason: expect.stringContaining("setting up uid map") });
    writeFileSync(join(fake, "bwrap"), "#!/bin/sh\nexit 0\n");
    await expect(probeSandbox({ path: fake, platform: "linux", directory })).rejects.toMatchObject({
      code: "FAILED",
      message: "bubblewrap does not work here: bubblewrap ended with 0",
    });
    rmSync(fake, { recursive: true });
    expect(readdirSync(directory).filter((name) => name.startsWith("sandbox-trial"))).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("a bubblewrap that complains", () => {
  const probe = (complaint: string) => {
    const directory = mkdtempSync(join(tmpdir(), "fake-bwrap-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, "bwrap"), `#!/bin/sh\necho "${complaint}" >&2\nexit 1\n`, { mode: 0o755 });
    return probeSandbox({ path: directory, platform: "linux", directory });
  };

  it.each([
    "bwrap: No permissions to create new namespace",
    "bwrap: Creating new namespace failed: No space left on device",
    "bwrap: setting up uid map: Permission denied",
    "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
    "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
  ])("of what the system forbids is told as not available: %s", async (complaint) => {
    expect(await probe(complaint)).toMatchObject({
      available: false,
      reason: expect.stringContaining(complaint.replace("bwrap: ", "")),
    });
  });

  it.each([
    ["NO_SPACE", "/bin/bash: line 1: echo: write error: No space left on device"],
    ["NO_SPACE", "bwrap: Can't create file /x: Disk quota exceeded"],
    ["FAILED", "bwrap: Can't find source path /home/namespace/etc/passwd: Permission denied"],
    ["FAILED", "bwrap: Creating new namespace failed: Resource temporarily unavailable"],
    ["FAILED", "bwrap: something new"],
  ])("of anything else is an error %s: %s", async (code, complaint) => {
    await expect(probe(complaint)).rejects.toMatchObject({ code, hint: expect.any(String) });
  });
});

/** Shell text in the place of bubblewrap: where it dies, and what of it is left then. */
const DEATHS = {
  "at once": "echo 'bwrap: no luck' >&2; exit 1",
  "with a part of what it tells, while its child waits": `exec -a SELF sleep 1000 & printf '{\n    "child-pid": %i' $! >&3; echo 'bwrap: no luck' >&2; exit 1`,
  "by a signal, while its child waits": "exec -a SELF sleep 1000 & echo 'bwrap: no luck' >&2; kill -KILL $$",
  "while its child makes the mounts, and goes on": `
    mkfifo gate; exec 8<>gate
    REAL --block-fd 8 "$@" & real=$!
    until child=$(</proc/$real/task/$real/children) && child=\${child% } && [ -n "$child" ] && [ -d /proc/$child/root/build ]; do sleep 0.01; done
    kill -KILL $real; wait $real 2>/dev/null
    echo 'bwrap: no luck'; echo go >&8; exit 1`,
} as const;

describe.runIf(users.length > 0)("a bubblewrap that dies early", () => {
  describe.each(Object.entries(DEATHS))("%s", (_, death) => {
    it.each([true, false])("is noticed, and leaves nothing behind; with a launcher: %s", async (withLauncher) => {
      const [user] = users as [(typeof users)[number]];
      using world = createSandboxWorld(user);
      using launcher = createLauncher(user.tools.toolchain.bash);
      const bubblewrap = join(world.directory, "bwrap");
      const text = death.replace("REAL", user.tools.bubblewrap).replace("SELF", bubblewrap);
      writeFileSync(bubblewrap, `#!${user.tools.toolchain.bash}\ncd ${world.directory}\n${text}\n`, { mode: 0o755 });
      const { output, exitCode, signal } = await world.run(`exec -a ${world.directory} sleep 1000`, {
        spec: { tools: { ...user.tools, bubblewrap } },
        ...(withLauncher && { launcher }),
      });
      expect(output).toContain("bwrap: no luck");
      expect([exitCode, signal]).not.toEqual([0, null]);
      const left = listProcesses().filter((pid) => commandLineOf(pid).includes(world.directory));
      expect(left.map(commandLineOf)).toEqual([]);
    });
  });
});

describe.each(users)("a sandbox of $name", (user) => {
  let world: SandboxWorld;

  beforeEach(() => {
    world = createSandboxWorld(user);
  });
  afterEach(() => world[Symbol.dispose]());

  /** A directory of the store's user. */
  function directoryOf(name: string, files: Readonly<Record<string, string>> = {}): string {
    const path = join(world.directory, name);
    mkdirSync(path);
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(join(path, file), text);
      chownSync(join(path, file), user.uid, user.uid);
    }
    chownSync(path, user.uid, user.uid);
    return path;
  }

  async function outputOf(script: string, spec: Partial<SandboxSpec> = {}): Promise<string> {
    return (await world.run(script, { spec })).output;
  }

  describe("shows every build the same world", () => {
    it("one user, group and host name, no home, fixed environment", async () => {
      expect(await outputOf("id -u; id -g; id -un; uname -n")).toBe("1000\n1000\nbuild\nlocalhost\n");
      expect(await outputOf("getent hosts localhost; getent passwd build | cut -d: -f3")).toMatch(/localhost\n1000\n$/);
      expect(await outputOf("umask; pwd; ls ~; mkdir ~")).toMatch(
        /^0022\n\/build\nls: .*'\/homeless'.*No such file.*\nmkdir: .*Read-only file system\n$/,
      );
      const env = { A: "b c", LC_ALL: "C", X: "two\nlines" };
      expect(await outputOf("", { command: ["/usr/bin/env"], env })).toBe("A=b c\nLC_ALL=C\nX=two\nlines\n");
    });

    it("the same place to build in, unless another is named", async () => {
      expect(await outputOf("pwd")).toBe(`${SANDBOX_BUILD_DIRECTORY}\n`);
      expect(await outputOf("pwd", { cwd: "/tmp" })).toBe("/tmp\n");
    });

    it("the clock's zone, locale and time of the sources that recipes may rely on", async () => {
      expect(await outputOf("date -d @0 +%H%Z; echo $LC_ALL $TZ $SOURCE_DATE_EPOCH $HOME")).toBe(
        "00UTC\nC.UTF-8 UTC 315532800 /homeless\n",
      );
    });

    it("the directories of a C toolchain and nothing else", async () => {
      const top = (await outputOf("cd /; echo *")).trim().split(" ");
      const allowed = "bin build dev etc gnu lib lib32 lib64 libx32 nix proc sbin tmp usr var".split(" ");
      expect(top.filter((name) => !allowed.includes(name))).toEqual([]);
      for (const name of ["bin", "lib", "lib64", "sbin"]) {
        if (!existsSync(`/${name}`)) continue;
        const link = lstatSync(`/${name}`).isSymbolicLink();
        expect(await outputOf(`[ -L /${name} ] && echo link || echo directory`)).toBe(link ? "link\n" : "directory\n");
      }
      expect(await outputOf("ls -A /usr/local /var; ls /etc | grep -c .")).toMatch(
        /^\/usr\/local:\n\n\/var:\ntmp\n\d\d?\n$/,
      );
    });

    it("directories that anybody may enter, as on every system", async () => {
      const binds = [{ from: directoryOf("object"), to: `${STORE}/a/b` }];
      expect(await outputOf(`stat -c %a / /etc /usr /store ${STORE} ${STORE}/a /var`, { binds })).toBe(
        "755\n".repeat(7),
      );
    });

    it("a toolchain that works", async () => {
      const script = `printf '#include <stdio.h>\\nint main(void){puts("hello");return 0;}' >a.c
        cc a.c -o a && ./a && awk 'BEGIN{print 1+1}' && make --version >/dev/null && echo make`;
      expect(await outputOf(script)).toBe("hello\n2\nmake\n");
    });

    it("open files, limits and terminal as nowhere else", async () => {
      expect(await outputOf("cd /; ls /proc/self/fd | tr '\\n' ' '; ulimit -c; ulimit -Sn; ulimit -Ss; tty")).toBe(
        "0 1 2 3 0\n1024\n8192\nnot a tty\n",
      );
      expect(await outputOf("echo x >/dev/tty")).toContain("No such device");
      // The test's own pipe belongs to the user who runs the tests.
      if (user.uid !== process.getuid?.()) return;
      expect(await outputOf("echo ok >/dev/stderr; head -c 4 /dev/zero | wc -c; echo x >/dev/null")).toBe("ok\n4\n");
    });
  });

  describe("gives back", () => {
    it("the exit status", async () => {
      expect(await world.run("exit 7")).toMatchObject({ exitCode: 7, reason: "exited" });
      expect(await world.run("kill -KILL $$")).toMatchObject({ exitCode: 137, reason: "exited" });
      expect(await world.run("", { spec: { command: ["no-such-command"] } })).toMatchObject({ exitCode: 127 });
    });

    it("files that belong to the store's user", async () => {
      await world.run("mkdir d; echo text >d/file; ln -s file d/link; ln d/file d/hard");
      for (const name of ["d", "d/file", "d/link", "d/hard"]) {
        const { uid, gid } = lstatSync(join(world.build, name));
        expect([name, uid, gid]).toEqual([name, user.uid, user.uid === 0 ? 0 : gid]);
      }
      expect(statSync(join(world.build, "d/file")).mode & 0o777).toBe(0o644);
      expect(await outputOf("chown 0 d/file")).toContain("Invalid argument");
    });

    it("an output that is an ordinary entry of the storeDir, among inputs that cannot be changed", async () => {
      const scratch = directoryOf("scratch");
      const zlib = directoryOf("zlib", { "zlib.h": "header" });
      const binds = [
        { from: scratch, to: STORE, writable: true },
        { from: zlib, to: `${STORE}/aaa-zlib-1` },
      ];
      const out = `${STORE}/000-out-1`;
      const script = `cat ${STORE}/aaa-zlib-1/zlib.h; ls ${STORE}; mkdir ${out}; rmdir ${out}; mkdir work; echo $? >work/x; mv work ${out}
        rm -rf ${STORE}/aaa-zlib-1; echo y >${STORE}/aaa-zlib-1/zlib.h; mv ${STORE}/aaa-zlib-1 ${STORE}/b; chmod u+w ${STORE}/aaa-zlib-1`;
      const said = await outputOf(script, { binds });
      expect(said.startsWith("headeraaa-zlib-1\n")).toBe(true);
      expect(said.match(/Read-only file system|busy/g)).toHaveLength(4);
      expect(readFileSync(join(scratch, "000-out-1/x"), "utf8")).toBe("0\n");
      expect(readFileSync(join(zlib, "zlib.h"), "utf8")).toBe("header");
    });

    it("names that are no text, and arguments that look like options or shell code", async () => {
      expect(await outputOf("", { command: ["/bin/echo", "-n", "$(id) `id` ; \n'\"", "--bind"] })).toBe(
        "$(id) `id` ; \n'\" --bind",
      );
      await world.run("touch $'a\\nb' $'\\xff'");
      expect(readdirSync(world.build, { encoding: "latin1" }).sort()).toEqual(["a\nb", "\xff"]);
    });
  });

  describe("against a hostile build", () => {
    it("lets it write nowhere else", async () => {
      const places = [
        "/",
        "/usr",
        "/usr/bin",
        "/usr/local",
        "/bin",
        "/lib",
        "/etc",
        "/etc/alternatives",
        "/dev",
        "/proc",
        "/var",
      ];
      const said = await outputOf(
        `for d in ${places.join(" ")}; do touch $d/intruder && echo $d is open; done; echo x >>/etc/passwd`,
      );
      expect(said).not.toContain("is open");
      expect(said.match(/Read-only file system|cannot touch/g)?.length).toBeGreaterThan(places.length);
    });

    it("lets it change nothing of the kernel, although the store's user may be root", async () => {
      const same =
        "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sys/kernel/hostname; do cat $f >$f && echo $f is open; done";
      expect(await outputOf(same)).not.toContain("is open");
      expect(await outputOf("grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr -d '\\t\\n'")).toBe(
        "CapEff:0000000000000000CapBnd:0000000000000000NoNewPrivs:1",
      );
      expect(await outputOf("mount -t tmpfs x /tmp || mknod n b 7 0 || chroot / true || echo refused")).toContain(
        "refused",
      );
    });

    it.runIf(user.tools.disableUserns)("lets it make no user namespace of its own", async () => {
      expect(await outputOf("unshare -U true && echo made || echo refused")).toContain("refused");
    });

    it("hides homes, other directories of the store, sockets and processes of the host", async () => {
      const secret = directoryOf("secret", { file: "secret" });
      const paths = [
        homedir(),
        secret,
        world.directory,
        "/run",
        "/sys",
        "/root",
        "/home",
        "/etc/shadow",
        "/etc/hostname",
        "/boot",
      ];
      expect(await outputOf(`for p in ${paths.join(" ")}; do [ -e $p ] && echo $p; done; true`)).toBe("");
      expect(await outputOf("ls -d /proc/[0-9]* | wc -l")).toMatch(/^[2-6]\n$/);
      expect(await outputOf(`kill -0 ${process.pid} && echo found`)).toContain("No such process");
      expect(await outputOf("uname -n")).not.toBe(`${hostname()}\n`);
    });

    it("gives it no network but its own loopback", async () => {
      const server = createServer((socket) => socket.end("reached"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const connect = `exec 5<>/dev/tcp/127.0.0.1/${port} && cat <&5`;
      expect(await outputOf(connect)).toContain("Connection refused");
      expect(await outputOf(connect, { network: true })).toBe("reached");
      await new Promise((resolve) => server.close(resolve));
      expect(await outputOf("grep -c : /proc/net/dev; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '")).toBe(
        "1\nlo\n",
      );
      expect(await outputOf("cat /etc/resolv.conf")).toContain("No such file");
    });

    it("lets no process of it live on", async () => {
      const mark = `sandbox-survivor-${createHash("sha256").update(world.directory).digest("hex").slice(0, 12)}`;
      const survivors = (): readonly number[] =>
        listProcesses().filter((pid) => commandLineOf(pid).includes(mark) && !readProcess(pid)?.zombie);
      const sleeper = `bash --norc -c 'trap "" TERM HUP INT; echo up >>up; while :; do sleep 1000; done' ${mark}`;
      const breed = `for i in {1..100}; do (setsid ${sleeper} </dev/null >/dev/null 2>&1 &); done; until [ "$(grep -c . up)" = 100 ]; do sleep 0.01; done 2>/dev/null`;
      expect(await world.run(`${breed}; exit 3`)).toMatchObject({ exitCode: 3, reason: "exited" });
      expect(survivors()).toEqual([]);
      const controller = new AbortController();
      const running = world.run(`rm up; ${breed}; echo ready; while :; do sleep 1; done`, {
        signal: controller.signal,
        graceMs: 100,
        onOutput: () => controller.abort(),
      });
      expect(await running).toMatchObject({ reason: "aborted" });
      expect(survivors()).toEqual([]);
    });

    it("has ended to the last process when it returns, however short it was", async () => {
      const script = "readlink /proc/self/ns/pid; for i in {1..40}; do sleep 1000 >/dev/null 2>&1 & done; exit 0";
      for (let round = 0; round < 5; round++) {
        const namespace = (await outputOf(script)).trim();
        expect(namespace).toMatch(/^pid:\[\d+\]$/);
        const members = listProcesses().filter((pid) => namespaceOf(pid) === namespace);
        expect(members.filter((pid) => readProcess(pid)?.zombie === false)).toEqual([]);
      }
    });

    it("dies with the process that started it, even when that is killed", async () => {
      const mark = `orphan-${world.directory.slice(-6)}`;
      const { command, args } = sandboxCommand({
        ...world.spec,
        command: ["/bin/bash", "--norc", "-c", `setsid sleep 1000 & : ${mark}; echo up >up; wait; true`],
      });
      const parent = spawn("/bin/bash", ["-c", '"$@" & wait', "parent", command, ...args], {
        env: {},
        stdio: "ignore",
      });
      const isRunning = (): boolean => listProcesses().some((pid) => commandLineOf(pid).includes(mark));
      await until(() => existsSync(join(world.build, "up")));
      expect(isRunning()).toBe(true);
      parent.kill("SIGKILL");
      await until(() => !isRunning());
    });

    it("lets it link to no file of the host", async () => {
      const object = directoryOf("object", { file: "text" });
      const binds = [{ from: object, to: `${STORE}/aaa-object-1` }];
      const said = await outputOf(`ln /usr/bin/env env; ln ${STORE}/aaa-object-1/file file; ls`, { binds });
      expect(said.match(/Invalid cross-device link/g)).toHaveLength(2);
      expect(readdirSync(world.build)).toEqual([]);
    });

    it("makes set-uid files useless inside", async () => {
      await world.run("cp /usr/bin/id .; chmod 6755 id");
      expect(statSync(join(world.build, "id")).mode & 0o6000).toBe(0o6000);
      expect(await outputOf("grep ' /build ' /proc/self/mounts")).toMatch(/nosuid,nodev/);
    });

    it.runIf(user.tools.sizes)("limits what it keeps in memory file systems", async () => {
      const fill = (path: string): string => `head -c 5000000 /dev/zero >${path}/f; stat -c %s ${path}/f`;
      const limits = { tmpBytes: 2_000_000, sharedMemoryBytes: 1_000_000 };
      const sizes = await outputOf(`${fill("/tmp")}; ${fill("/dev/shm")}; ${fill("/var/tmp")}`, { limits });
      expect(sizes.match(/No space left/g)).toHaveLength(3);
      for (const size of sizes.match(/^\d+$/gm)!) expect(Number(size)).toBeLessThan(2_100_000);
      expect(await outputOf(fill("/tmp"))).toBe("5000000\n");
    });

    it("limits the size of a file, and the address space of a process when asked", async () => {
      const said = await outputOf("head -c 5000000 /dev/zero >f; stat -c %s f", { limits: { fileBytes: 2 ** 20 } });
      expect(said).toMatch(/1048576\n$/);
      const hoard = "head -c 300000000 /dev/zero | tail -c 300000000 | wc -c";
      expect(await outputOf(hoard, { limits: { addressBytes: 200 * 2 ** 20 } })).toMatch(/memory exhausted|0\n$/);
      expect(await outputOf(hoard)).toBe("300000000\n");
    });

    it("limits processes: by the kernel, for root by looking", async () => {
      const breed = "for i in $(seq 80); do sleep 1000 & done; echo all; sleep 1000";
      const command = ["/bin/sh", "-c", breed];
      const result = await world.run("", {
        maxProcesses: 60,
        spec: { command, limits: { processes: 40 } },
        timeoutMs: 30_000,
      });
      if (user.uid === 0) expect(result.reason).toBe("process-limit");
      else
        expect(result).toMatchObject({
          reason: "exited",
          output: expect.stringMatching(/fork/),
        });
      expect((await world.run("for i in {1..30}; do sleep 0.1 & done; wait; echo all")).output).toBe("all\n");
    });

    it("ends it when it takes too much memory, disk or time", async () => {
      expect(await world.run("tail </dev/zero", { maxMemoryBytes: 200_000_000 })).toMatchObject({
        reason: "memory-limit",
      });
      const disk = { paths: [world.build], maxBytes: 2_000_000 };
      expect(await world.run("head -c 5000000 /dev/zero >f; sleep 1000", { disk })).toMatchObject({
        reason: "disk-limit",
      });
      expect(await world.run("sleep 1000", { timeoutMs: 100 })).toMatchObject({ reason: "timeout" });
    });

    it("steers neither bubblewrap nor the limits by its environment", async () => {
      const env = { PATH: "/usr/bin:/bin", LD_DEBUG: "files", BASH_ENV: "/build/evil.sh", ENV: "/build/evil.sh" };
      writeFileSync(join(world.build, "evil.sh"), "echo evil; ulimit() { :; }\n");
      const said = await outputOf("", { env, command: ["/usr/bin/env"] });
      expect(said).toContain("LD_DEBUG=files\n");
      expect(said).not.toMatch(/bwrap|bash$|^evil$/m);
      for (const name of ["A=B", "", "1A", "a-b"]) {
        await expect(outputOf("true", { env: { [name]: "" } })).rejects.toMatchObject({ code: "INVALID_INPUT" });
      }
    });
  });

  describe("for a person at a terminal", () => {
    it.skipIf(findInPath("script", "/usr/bin:/bin") === undefined)("keeps the terminal and job control", async () => {
      const talk =
        "[ -t 0 ] && [ -t 1 ] && echo here; bash --norc -ic 'sleep 0 & wait; echo done'; echo $(id -u) $HOME";
      const inTerminal = async (interactive: boolean): Promise<string> => {
        const spec = { ...world.spec, interactive, command: ["/bin/bash", "--norc", "-c", talk] };
        const { command, args } = sandboxCommand(spec);
        const file = join(world.directory, "talk");
        writeFileSync(file, [command, ...args].map((text) => `'${text.replaceAll("'", "'\\''")}'`).join(" "));
        const options = { cwd: "/", env: { PATH: "/usr/bin:/bin" } };
        return (await captureOutput("script", ["-qec", `sh ${file}`, "/dev/null"], options)).stdout.toString();
      };
      const talked = await inTerminal(true);
      expect(talked).toMatch(/^here\r\n[\s\S]*done\r\n1000 \/homeless\r\n$/);
      expect(talked).not.toContain("no job control");
      expect(await inTerminal(false)).toContain("no job control");
    });

    it("gives the exit status of the shell", async () => {
      const command = ["/bin/bash", "--norc", "-c", "exit 6"];
      expect(await runInSandboxInteractively({ ...world.spec, command })).toEqual({ exitCode: 6, signal: null });
    });
  });

  describe("with a jobserver", () => {
    it("passes its files on to make", async () => {
      mkdirSync(join(world.build, "running"));
      chownSync(join(world.build, "running"), user.uid, user.uid);
      const job =
        "mkdir running/$$$$; ls running | wc -l >>counts; for i in {1..200}; do [ $$(ls running | wc -l) -ge 3 ] && touch full; [ -e full ] && break; sleep 0.02; done; sleep 0.02; rmdir running/$$$$";
      writeFileSync(
        join(world.build, "Makefile"),
        `SHELL=/bin/bash\nall: a b c d e f g h\na b c d e f g h:\n\t@${job}\n`,
      );
      using jobserver = await createJobserver(3, world.directory);
      using _slot = await jobserver.acquire();
      using connection = jobserver.connect();
      const env = { ...world.spec.env, MAKEFLAGS: jobserverFlags(3, { fds: [3, 4] }) };
      const { output } = await world.run("make", { fds: connection.fds, spec: { env } });
      expect(output).toBe("");
      const counts = readFileSync(join(world.build, "counts"), "utf8").trim().split("\n").map(Number);
      expect(Math.max(...counts)).toBe(3);
    });

    it("shows it the pipe by its path", async () => {
      using jobserver = await createJobserver(2, world.directory);
      for (const path of [jobserver.fifo, join(jobserver.fifo, "..")]) chownSync(path, user.uid, user.uid);
      const binds = [{ from: jobserver.fifo, to: "/run/jobserver", writable: true }];
      const script = "exec 5<>/run/jobserver; read -rn1 -u5 slot; printf 'got %s' $slot; printf %s $slot >&5";
      expect(await outputOf(script, { binds })).toBe("got +");
      expect([jobserver.tryAcquire(), jobserver.tryAcquire(), jobserver.tryAcquire()].filter(Boolean)).toHaveLength(2);
    });

    it("gets slots back from a make that was asked to end", async () => {
      writeFileSync(
        join(world.build, "Makefile"),
        "all: a b c\na b c:\n\t@trap 'sleep 0.3; exit 1' TERM; echo $@; sleep 1000 & wait\n",
      );
      using jobserver = await createJobserver(3, world.directory);
      using _slot = await jobserver.acquire();
      using connection = jobserver.connect();
      using _other = jobserver.connect();
      const controller = new AbortController();
      const env = { ...world.spec.env, MAKEFLAGS: jobserverFlags(3, { fds: [3, 4] }) };
      let said = "";
      const result = await world.run("make", {
        fds: connection.fds,
        spec: { env },
        signal: controller.signal,
        graceMs: 60_000,
        onOutput: (chunk) => {
          said += chunk;
          if (["a", "b", "c"].every((job) => said.includes(job))) controller.abort();
        },
      });
      expect(result.reason).toBe("aborted");
      expect([jobserver.tryAcquire(), jobserver.tryAcquire(), jobserver.tryAcquire()].filter(Boolean)).toHaveLength(2);
    });
  });
});
