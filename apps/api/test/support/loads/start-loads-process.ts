import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const sources = new URL("../../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("loads-process.ts", import.meta.url));

/** What a process works with. */
export interface LoadsProcessTask {
  readonly database: { readonly url: string } | { readonly dataDirectory: string };
  /** As in ISTHMUS_KEYS. */
  readonly keys: string;
  readonly platformKey: string;
  readonly vendorHost: string;
  /** Private addresses that may be reached beside the vendor's. */
  readonly hosts?: readonly string[];
  /** Whether the installed connectors are there as well. Default false. */
  readonly withInstalled?: boolean;
  /** Of requests with an Idempotency-Key, too. */
  readonly runLeaseMs: number;
  /** Default `all`. */
  readonly role?: "all" | "api" | "worker";
  /** How long requests in flight may take once it is told to stop. Default 25 000. */
  readonly graceMs?: number;
}

/** The service in a process of its own: see `loads-process.ts`. */
export interface LoadsProcess {
  readonly child: ChildProcess;
  /** Origin. */
  readonly url: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts one, and waits until it listens. @throws when it ends before. */
export async function startLoadsProcess(task: LoadsProcessTask): Promise<LoadsProcess> {
  // Liftoff: nobody here runs WebAssembly long enough to be worth optimising.
  const nodeOptions = ["--no-warnings", "--liftoff-only", "--import", sources];
  const child = spawn(process.execPath, [...nodeOptions, program, JSON.stringify(task)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const early = ended.then(({ code }) => {
    throw new Error(`The process ended with ${code} before it was ready.`);
  });
  early.catch((error: unknown) => error);
  const [url] = await Promise.race([once(child, "message"), early]);
  return { child, url: String(url), ended };
}
