import { readers } from "./readers.js";

// One reader in one process, which runs with --expose-gc: what is alive after a collection, each 10,000 entities.
const [name = "", origin = ""] = process.argv.slice(2);
const read = readers[name];
if (!read || !globalThis.gc) throw new Error(`No such reader, or no --expose-gc: ${name}`);
const lookEvery = 10_000;
const alive: number[] = [];
let rows = 0;
/** What the looking itself takes, which is not the reader's. */
const looking = { wallMs: 0, cpuMs: 0 };
const started = now();
for await (const _entity of read(origin)) {
  rows += 1;
  if (rows % lookEvery !== 0) continue;
  const before = now();
  globalThis.gc();
  alive.push(process.memoryUsage().heapUsed);
  const after = now();
  looking.wallMs += after.wallMs - before.wallMs;
  looking.cpuMs += after.cpuMs - before.cpuMs;
}
const ended = now();
const peakKilobytes = process.resourceUsage().maxRSS;
const wallMs = ended.wallMs - started.wallMs - looking.wallMs;
const cpuMs = ended.cpuMs - started.cpuMs - looking.cpuMs;
process.stdout.write(JSON.stringify({ rows, wallMs, cpuMs, alive, peakMb: peakKilobytes / 1_024 }));
process.exit(0);

function now(): { readonly wallMs: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1_000 };
}
