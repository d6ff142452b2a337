import { createTransport, silentLogger, systemClock } from "@isthmus/core";
import { SharedBudgets } from "../../../apps/api/dist/budgets/shared-budgets.js";
import { openDatabase } from "../../../apps/api/dist/database/index.js";
import { listAccounts, perMs } from "./accounts.js";

// A process of the service that calls every account, again and again, as fast as the budgets let it.
const { databaseUrl, vendor, accounts } = JSON.parse(process.argv[2] ?? "{}");
const database = await openDatabase({ url: databaseUrl, logger: silentLogger });
let roundTrips = 0;
const budgets = new SharedBudgets({
  clock: systemClock,
  database: {
    asSystem: (work) => {
      roundTrips += 1;
      return database.asSystem(work);
    },
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
  const callers = listAccounts(accounts).map(async ({ name, count, concurrency }) => {
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
    const { user, system } = process.cpuUsage();
    process.send?.({ failures, roundTrips, cpuMs: (user + system) / 1_000 });
    process.disconnect();
    await database.close();
    await transport.close();
  });
});
