import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { vendors } from "./clients/index.js";
import { type Scenario, scenarios, type Vendor } from "./clients/vendor.js";

interface Sample {
  readonly cpuUsPerCall: number;
  readonly callsPerSecond: number;
}

const rounds = 3;
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}, ${rounds} rounds, medians\n`,
);
console.log("vendor      scenario   callers  client           CPU/call   calls/s   CPU vs undici   calls/s vs library");
const chosen = process.argv.slice(2);
for (const [name, vendor] of Object.entries(vendors)) {
  if (chosen.length === 0 || chosen.some((part) => name.startsWith(part))) await compareAll(name, vendor);
}

async function compareAll(name: string, vendor: Vendor): Promise<void> {
  const server = spawn(process.execPath, [file("./server.js"), name], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const origin = `http://127.0.0.1:${line.toString().trim()}`;
    for (const scenario of scenarios) {
      for (const concurrency of [1, 50]) await compare(name, vendor, origin, scenario, concurrency);
    }
  } finally {
    server.kill();
  }
}

/** The clients take turns within each round, so that a slow minute of the machine is everybody's. */
async function compare(
  vendorName: string,
  { clients, library, queries = 300 }: Vendor,
  origin: string,
  scenario: Scenario,
  concurrency: number,
): Promise<void> {
  const samples = new Map<string, Sample[]>(Object.keys(clients).map((name) => [name, []]));
  const total = scenario === "query" ? queries : 3_000;
  for (let round = 0; round < rounds; round++) {
    for (const [name, list] of samples)
      list.push(await measure([vendorName, name, scenario, String(concurrency), String(total), origin]));
  }
  const results = new Map([...samples].map(([name, list]) => [name, summarise(list)]));
  const undici = results.get("undici");
  const plain = results.get(library);
  for (const [name, { cpuUsPerCall, callsPerSecond }] of results) {
    console.log(
      vendorName.padEnd(11),
      scenario.padEnd(10),
      String(concurrency).padStart(7),
      ` ${name.padEnd(15)}`,
      `${Math.round(cpuUsPerCall)} µs`.padStart(9),
      String(Math.round(callsPerSecond)).padStart(9),
      `${(cpuUsPerCall / (undici?.cpuUsPerCall ?? Number.NaN)).toFixed(2)}`.padStart(15),
      `${(callsPerSecond / (plain?.callsPerSecond ?? Number.NaN)).toFixed(2)}`.padStart(20),
    );
  }
}

async function measure(argv: readonly string[]): Promise<Sample> {
  const { stdout } = await promisify(execFile)(process.execPath, [file("./run-one.js"), ...argv]);
  const { calls, wallMs, cpuUs } = JSON.parse(stdout) as { calls: number; wallMs: number; cpuUs: number };
  return { cpuUsPerCall: cpuUs / calls, callsPerSecond: (calls / wallMs) * 1000 };
}

function summarise(samples: readonly Sample[]): Sample {
  return {
    cpuUsPerCall: median(samples.map((sample) => sample.cpuUsPerCall)),
    callsPerSecond: median(samples.map((sample) => sample.callsPerSecond)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
