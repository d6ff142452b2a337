import { createRequire } from "node:module";
import { contenders } from "./contenders.js";

// One contender in one process: what it costs from its first import on, and what memory it took at most.
const [name = "", origin = "", total = ""] = process.argv.slice(2);
const contend = contenders[name];
if (!contend) throw new Error(`No such contender: ${name}`);
const started = { ...process.cpuUsage(), atMs: performance.now() };
const rows = await contend(origin, Number(total));
const { user, system } = process.cpuUsage(started);
const wallMs = performance.now() - started.atMs;
const loadsJsforce = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("/jsforce/"));
const peakMb = process.resourceUsage().maxRSS / 1_024;
process.stdout.write(JSON.stringify({ rows, wallMs, cpuMs: (user + system) / 1_000, peakMb, loadsJsforce }));
process.exit(0);
