import { contenders } from "./contenders.js";
import type { Scenario } from "./scenarios.js";

// One client, one scenario, one process: no client pays for another's garbage.
const [name = "", scenario = "", concurrencyText = "1", totalText = "1000", origin = ""] = process.argv.slice(2);
const makeCalls = contenders[name];
if (!makeCalls) throw new Error(`No such client: ${name}`);
const call = (await makeCalls(origin))[scenario as Scenario];
const concurrency = Number(concurrencyText);

await run(Math.min(500, Number(totalText)));
const cpuBefore = process.cpuUsage();
const started = performance.now();
await run(Number(totalText));
const wallMs = performance.now() - started;
const cpu = process.cpuUsage(cpuBefore);
process.stdout.write(JSON.stringify({ calls: Number(totalText), wallMs, cpuUs: cpu.user + cpu.system }));
process.exit(0);

async function run(total: number): Promise<void> {
  let begun = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (begun++ < total) await call();
    }),
  );
}
