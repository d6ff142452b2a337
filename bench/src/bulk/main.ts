import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { contenders } from "./contenders.js";

interface Outcome {
  readonly rows: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly loadsJsforce: boolean;
}

// Ten times as many rows must not take more memory. jsforce's query loses rows from the second page on: it gets one page, and
// only a million rows, which it holds all at once.
const sizes = [
  { total: 1_000_000, pageRows: 100_000, rounds: 3 },
  { total: 10_000_000, pageRows: 1_000_000, rounds: 1 },
  { total: 10_000_000, pageRows: 100_000, rounds: 1 },
];
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const chosen = process.argv.slice(2);
const names = Object.keys(contenders).filter(
  (name) => chosen.length === 0 || chosen.some((part) => name.includes(part)),
);

console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}; median (least to most)\n`,
);
console.log(
  "contender                                                        rows  pages     rows/s  rows/s of CPU   peak MB  jsforce loaded",
);
for (const { total, pageRows, rounds } of sizes) {
  // In turns, so that a slow minute of the machine is everybody's.
  const outcomes = new Map<string, Outcome[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, list] of outcomes) {
      const isJsforce = name.includes("jsforce");
      if (isJsforce && total > 1_000_000) continue;
      try {
        list.push(await run(name, total, isJsforce ? total : pageRows));
      } catch (error) {
        // jsforce's stream ends a process without its last rows now and then; that is worth a line, not the end.
        if (!isJsforce) throw error;
        console.log(`${name}: did not come to its end`);
      }
    }
  }
  for (const [name, list] of outcomes) if (list.length > 0) report(name, total, pageRows, list);
}

async function run(name: string, total: number, pageSize: number): Promise<Outcome> {
  const server = spawn(process.execPath, [file("./server.js"), String(total), String(pageSize)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const origin = `http://127.0.0.1:${line.toString().trim()}`;
    const { stdout } = await promisify(execFile)(process.execPath, [file("./run-one.js"), name, origin, String(total)]);
    return JSON.parse(stdout) as Outcome;
  } finally {
    server.kill();
  }
}

function report(name: string, total: number, pageRows: number, outcomes: readonly Outcome[]): void {
  const wrong = outcomes.find(({ rows }) => rows !== total);
  if (wrong) throw new Error(`${name} saw ${wrong.rows} of ${total} rows.`);
  const range = (of: (outcome: Outcome) => number) => {
    const sorted = outcomes
      .map(of)
      .toSorted((a, b) => a - b)
      .map(Math.round);
    return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
  };
  console.log(
    name.padEnd(59),
    String(total).padStart(9),
    String(total / pageRows).padStart(6),
    range(({ rows, wallMs }) => rows / (wallMs / 1_000)).padStart(28),
    range(({ rows, cpuMs }) => rows / (cpuMs / 1_000)).padStart(28),
    range(({ peakMb }) => peakMb).padStart(18),
    outcomes.some(({ loadsJsforce }) => loadsJsforce) ? "yes" : "no",
  );
}
