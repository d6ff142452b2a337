import { once } from "node:events";

/** Says to the measuring process when this one is ready; each time, works from one message to the next and says what it cost. */
export async function answerMain(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  process.send?.("ready");
  for (;;) {
    await once(process, "message");
    const cpu = process.cpuUsage();
    const ending = new AbortController();
    const working = work(ending.signal);
    await once(process, "message");
    ending.abort();
    await working;
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ cpuMs: (user + system) / 1000 });
  }
}
