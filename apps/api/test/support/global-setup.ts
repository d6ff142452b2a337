import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { startHttp } from "./keeper-http.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Origin that answers with the origin of the run's database keeper, which its first caller starts. */
    databaseKeeper: string;
  }
}

const program = fileURLToPath(new URL("database-keeper.ts", import.meta.url));
const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;

interface Keeper {
  readonly child: ChildProcess;
  readonly origin: string;
}

/**
 * Offers the databases of the run (database-keeper.ts) to all test files. They are started when the first suite asks, so
 * a run without such a suite pays nothing, and removed when the run is over.
 *
 * @returns What vitest calls at the end.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<Keeper> | undefined;
  const server = createServer();
  const origin = await startHttp(server, async () => {
    starting ??= startKeeper(project.config.env);
    return { origin: (await starting).origin };
  });
  project.provide("databaseKeeper", origin);
  return async () => {
    server.close();
    server.closeAllConnections();
    if (starting === undefined) return;
    const { child } = await starting;
    const ended = once(child, "close");
    child.stdin?.end();
    await ended;
  };
}

async function startKeeper(env: Readonly<Record<string, unknown>>): Promise<Keeper> {
  // A process group of its own: Ctrl-C reaches vitest alone, whose end the keeper notices by its standard input.
  const child = spawn(process.execPath, ["--import", sources, program], {
    detached: true,
    env: { ...process.env, ...temporaryFolder(env), NODE_NO_WARNINGS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const failed = once(child, "close").then(([code]) => {
    throw new Error(`The keeper of the test databases ended with ${code} before it was ready.`);
  });
  const line = once(createInterface({ input: child.stdout }), "line");
  const [origin] = await Promise.race([line, failed]);
  failed.catch((error: unknown) => error);
  return { child, origin: String(origin) };
}

// vitest gives `test.env` to the test files alone.
function temporaryFolder({ TMPDIR }: Readonly<Record<string, unknown>>): { readonly TMPDIR?: string } {
  return typeof TMPDIR === "string" ? { TMPDIR } : {};
}
