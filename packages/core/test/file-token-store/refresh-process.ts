import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("refresh-child.ts", import.meta.url));

/** What `refresh-child.ts` is told. */
export interface RefreshTask {
  readonly folder: string;
  readonly keys: string;
  readonly origin: string;
  /** Where it blocks. Default: nowhere. */
  readonly stopAt?: string;
}

/** A process that asks for an access token. */
export interface RefreshProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly lines: readonly string[];
  /** Resolves with the rest of the first line that begins so. @throws when the process ends without one. */
  line(beginning: string): Promise<string>;
  /** `kill -9`, and the end of it. */
  kill(): Promise<void>;
}

/** Starts it from its sources. */
export function startRefreshProcess(task: RefreshTask): RefreshProcess {
  // Liftoff: nobody here runs undici's WebAssembly long enough to be worth optimising.
  const nodeOptions = ["--no-warnings", "--liftoff-only", "--import", sources];
  const child = spawn(process.execPath, [...nodeOptions, program, JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const lines: string[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  const changed = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  createInterface({ input: child.stdout })
    .on("line", (line) => {
      lines.push(line);
      changed();
    })
    .on("close", () => {
      over = true;
      changed();
    });
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    child,
    lines,
    kill,
    async line(beginning) {
      for (;;) {
        const found = lines.find((line) => line.startsWith(beginning));
        if (found !== undefined) return found.slice(beginning.length).trim();
        if (over) throw new Error(`The process ended without saying "${beginning}". It said: ${lines.join(", ")}`);
        await wake.promise;
      }
    },
    [Symbol.asyncDispose]: kill,
  };
}
