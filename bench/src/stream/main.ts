import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readers } from "./readers.js";

interface Outcome {
  readonly rows: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Bytes of the heap after a collection, each 10,000 entities. */
  readonly alive: readonly number[];
  readonly peakMb: number;
}

// Memory that grows with the set would show between the sizes as well as within one.
const totals = [20_000, 100_000, 200_000];
const rounds = 3;
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}\n`);
for (const total of totals) {
  const server = spawn(process.execPath, [file("./server.js"), String(total)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const origin = `http://127.0.0.1:${line.toString().trim()}`;
    // In turns, so that a slow minute of the machine is everybody's.
    for (let round = 0; round < rounds; round += 1) {
      for (const name of Object.keys(readers)) report(name, total, await run(name, origin));
    }
  } finally {
    server.kill();
  }
}

async function run(name: string, origin: string): Promise<Outcome> {
  const argv = ["--expose-gc", file("./read-one.js"), name, origin];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return JSON.parse(stdout) as Outcome;
}

function report(name: string, total: number, { rows, wallMs, cpuMs, alive, peakMb }: Outcome): void {
  if (rows !== total) throw new Error(`${name} read ${rows} of ${total} entities.`);
  const heap = alive.map((bytes) => (bytes / 1024 / 1024).toFixed(1)).join(" ");
  const rate = `${Math.round(rows / (wallMs / 1000))} rows/s`;
  const cpu = `${((cpuMs * 1000) / rows).toFixed(1)} µs CPU/row`;
  console.log(
    `${name.padEnd(8)} ${String(total).padStart(7)}  ${rate.padStart(15)}  ${cpu}  peak ${Math.round(peakMb)} MB`,
  );
  console.log(`         alive each 10,000, MB: ${heap}`);
}
