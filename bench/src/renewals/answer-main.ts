import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Says to the measuring process when this one is ready, works when told to, and says what that cost when told to stop. */
export async function answerMain(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  process.send?.("ready");
  await once(process, "message");
  const cpu = process.cpuUsage();
  const ending = new AbortController();
  const working = work(ending.signal);
  await once(process, "message");
  ending.abort();
  await working;
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ cpuMs: (user + system) / 1000 });
  await delay(100);
  process.exit();
}
