import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const sources = new URL("../../../vitest.sources.mjs", import.meta.url).href;

/** The command line in a process of its own, from its sources. */
export interface CliProcess {
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** What it has printed so far. */
  readonly stdout: () => string;
}

/** Starts it with exactly these variables beside PATH. Its output goes to no terminal. */
export function startCli(argv: readonly string[], environment: Readonly<Record<string, string>>): CliProcess {
  const child = spawn(process.execPath, ["--import", sources, main, ...argv], {
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended, stdout: () => stdout };
}
