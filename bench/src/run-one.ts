import { vendors } from "./clients/index.js";
import type { Scenario } from "./clients/vendor.js";

// One client, one scenario, one process: no client pays for another's garbage.
const [vendor = "", name = "", scenario = "", concurrencyText = "1", totalText = "1000", origin = ""] =
  process.argv.slice(2);
const connect = vendors[vendor]?.clients[name];
if (!connect) throw new Error(`No such client: ${vendor} ${name}`);
const call = (await connect(origin))[scenario as Scenario];
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
