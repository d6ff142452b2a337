import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

const children = [];
const readyWithinMs = 60_000;
const stopWithinMs = 30_000;

/**
 * Starts a Node process and waits until it has printed `readyText` itself: an address that answers might be somebody else's.
 * What it prints later goes to `forward`. Calls `failed` when it ends later, unasked.
 */
export async function startProcess({ name, script, arguments: argv, environment, readyText, forward, failed }) {
  const child = spawn(process.execPath, [script, ...argv], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`ended (${signal ?? `exit code ${code}`})`));
  });
  const ready = untilPrinted(child.stdout, readyText, forward);
  const late = delay(readyWithinMs, "late", { ref: false });
  const state = await Promise.race([ready, ended.then((how) => `${how}; its own words stand above`), late]);
  if (state === "late") throw new Error(`${name} was not ready within ${readyWithinMs / 1000} s`);
  if (typeof state === "string") throw new Error(`${name} ${state}`);
  ended.then((how) => failed(name, how));
}

function untilPrinted(stream, text, forward) {
  let printed = "";
  return new Promise((resolve) => {
    stream.setEncoding("utf8").on("data", (chunk) => {
      if (printed.includes(text)) return forward(chunk);
      printed += chunk;
      if (printed.includes(text)) resolve(undefined);
    });
  });
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
