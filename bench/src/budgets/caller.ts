import { createTransport, silentLogger, systemClock } from "@isthmus/core";
import { SharedBudgets } from "../../../apps/api/dist/budgets/shared-budgets.js";
import { openDatabase } from "../../../apps/api/dist/database/index.js";
import { listAccounts } from "./accounts.js";

// A process of the service that calls every account, again and again, as fast as the budgets let it.
const { databaseUrl, vendor, accounts, stretchSeconds } = JSON.parse(process.argv[2] ?? "{}");
const database = await openDatabase({ url: databaseUrl, logger: silentLogger });
const told = { roundTrips: 0, questions: 0, given: 0, missed: 0, refused: 0, reports: 0 };
const budgets = new SharedBudgets({
  clock: systemClock,
  database: {
    asSystem: (work) =>
      database.asSystem((system) =>
        work({
          ...system,
          budgets: {
            ...system.budgets,
            async ask(questions) {
              const answers = await system.budgets.ask(questions);
              told.roundTrips += 1;
              told.questions += questions.length;
              told.reports += questions.filter(({ calls }) => calls === 0).length;
              for (const { returned } of questions) told.missed += returned;
              for (const { calls } of answers) told.given += calls ?? 0;
              told.refused += answers.filter(({ calls, reason }) => calls === 0 && reason !== null).length;
              return answers;
            },
          },
        }),
      ),
  },
}).at("sync");
const transport = createTransport({
  allowedHosts: [],
  allowedPrivateHosts: [new URL(vendor).host],
  concurrency: 200,
  idleMs: 30_000,
});
const stopping = new AbortController();
let failures = 0;
process.send?.("ready");
process.once("message", () => {
  const began = process.cpuUsage();
  const callers = listAccounts(accounts, stretchSeconds).map(async ({ name, count, perMs, concurrency }) => {
    const budget = budgets.of(["bench", name], { rates: [{ count, perMs }], concurrency });
    while (!stopping.signal.aborted) {
      try {
        await transport.request({ method: "GET", url: `${vendor}/${name}`, budget, signal: stopping.signal });
      } catch {
        if (!stopping.signal.aborted) failures += 1;
      }
    }
  });
  process.once("message", async () => {
    stopping.abort();
    await Promise.all(callers);
    const { user, system } = process.cpuUsage(began);
    process.send?.({ ...told, failures, cpuMs: (user + system) / 1_000 });
    process.disconnect();
    await database.close();
    await transport.close();
  });
});
