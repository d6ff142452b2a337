import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { LocalKeyring } from "@isthmus/core";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;

/** The service in a process of its own, from its sources. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  /** Resolves with the origin once it is ready. @throws when it ends before. */
  readonly ready: Promise<string>;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** What the processes of one test share. */
export interface ProcessSettings {
  readonly ISTHMUS_DATA: string;
  readonly ISTHMUS_KEYS: string;
}

/** Settings of a service in `dataDirectory`, with a new key. */
export function processSettings(dataDirectory: string): ProcessSettings {
  return { ISTHMUS_DATA: dataDirectory, ISTHMUS_KEYS: LocalKeyring.generate() };
}

// These processes live for seconds: V8's optimising compiler for WASM would cost more CPU than its code ever saves.
const nodeOptions = ["--liftoff-only", "--import", sources];

/** Starts the service with exactly these variables beside PATH. */
export function startServiceProcess(environment: Readonly<Record<string, string>>): ServiceProcess {
  const child = spawn(process.execPath, [...nodeOptions, main], {
    env: { PATH: process.env.PATH, PORT: "0", LOG_LEVEL: "warn", NODE_NO_WARNINGS: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const url = /listens on (http:\S+)/.exec(stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
    void ended.then(({ code }) => reject(new Error(`The service ended with ${code} before it was ready: ${stderr}`)));
  });
  // A test that only waits for the end does not look at `ready`.
  ready.catch((error: unknown) => error);
  return { child, ready, ended, stdout: () => stdout, stderr: () => stderr };
}
