/**
 * Carries out command lines of `store`, one after the other, with the program that bin/store loads. Each is asked for by a
 * line of JSON on descriptor 3 and answered by one on 4. A command that leaves anything behind in this process (a
 * descriptor, a listener, something to wait for) is the last one: the process ends as it would have after it alone, and
 * says so with its status.
 */
const { readdirSync, readlinkSync, readSync, writeSync } = require("node:fs");
const { join } = require("node:path");
const { loadProgram } = require("../../bin/load-program.cjs");

const { main } = loadProgram(join(__dirname, "../../dist/quick.cjs")).exports;

function nextRequest() {
  const chunks = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    const length = readSync(3, chunk, 0, chunk.length, null);
    if (length === 0) return undefined;
    chunks.push(Buffer.from(chunk.subarray(0, length)));
    if (chunk[length - 1] === 0x0a) return JSON.parse(Buffer.concat(chunks).toString());
  }
}

function answer(status, isEnd) {
  writeSync(4, `${JSON.stringify({ status, isEnd })}\n`);
}

function become({ cwd, env, umask }) {
  process.chdir(cwd);
  process.umask(umask);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value;
}

/** What a command may not change. Anonymous descriptors are Node's own. */
function traits() {
  const descriptors = readdirSync("/proc/self/fd").map((fd) => `${fd} ${targetOf(fd)}`);
  const files = descriptors.filter((text) => !/ (anon_inode:.*|)$/.test(text));
  const listeners = process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
  return [...files, ...listeners, ...process.getActiveResourcesInfo()].sort().join("\n");
}

function targetOf(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

async function carryOut() {
  const leave = (status) => answer(status, true);
  for (let request = nextRequest(); request !== undefined; request = nextRequest()) {
    become(request);
    process.on("exit", leave);
    const before = traits();
    const status = await main(request.argv, process.env);
    process.exitCode = status;
    // Descriptors that were closed are gone with the next turns of the event loop.
    for (let turn = 0; turn < 10 && traits() !== before; turn += 1) await new Promise(setImmediate);
    if (traits() !== before) return;
    process.exitCode = undefined;
    process.off("exit", leave);
    answer(status, false);
  }
}

carryOut();
