import { setTimeout as delay } from "node:timers/promises";
import { RefreshWorker } from "../../../apps/api/dist/workers/refresh-worker.js";
import { openServices } from "./service.js";

// One worker process: says when it is ready, renews what is due when it is told to, and says when nothing is left.
const { slots, ...task } = JSON.parse(process.argv[2] ?? "{}");
const services = await openServices(task);
const worker = new RefreshWorker({ ...services, slots });

process.on("message", async () => {
  const cpu = process.cpuUsage();
  const ending = new AbortController();
  const running = worker.run(ending.signal);
  process.once("message", async () => {
    ending.abort();
    await running;
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ cpuMs: (user + system) / 1000 });
    await delay(100);
    process.exit();
  });
});
process.send?.("ready");
