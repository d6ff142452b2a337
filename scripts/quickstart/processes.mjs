import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

const children = [];
const readyWithinMs = 60_000;
const stopWithinMs = 30_000;

/** Starts a Node process and waits until `readyUrl` answers 2xx. Calls `failed` when it ends later, unasked. */
export async function startProcess({ name, script, arguments: argv, environment, readyUrl, failed }) {
  const child = spawn(process.execPath, [script, ...argv], {
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`ended (${signal ?? `exit code ${code}`})`));
  });
  children.push(child);
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    const state = await Promise.race([ended, isReady(readyUrl)]);
    if (typeof state === "string") throw new Error(`${name} ${state}; its own words stand above`);
    if (state) break;
    if (Date.now() > deadline) throw new Error(`${name} was not ready within ${readyWithinMs / 1000} s`);
    await delay(50);
  }
  ended.then((how) => failed(name, how));
}

/** Asks every process to end, waits for it, and ends by force what does not within 30 s. */
export async function stopAll() {
  await Promise.all(
    children.toReversed().map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
      await exited;
      clearTimeout(timer);
    }),
  );
}

async function isReady(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // Not listening yet: that is what is being waited for.
  }
}
