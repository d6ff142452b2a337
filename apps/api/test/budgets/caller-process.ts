import { createTransport, silentLogger, systemClock } from "@isthmus/core";
import { SharedBudgets } from "../../src/budgets/shared-budgets.js";
import { openDatabase } from "../../src/database/index.js";

// A process that calls the accounts of a vendor, again and again, as fast as budgets let it that it shares with others.
const { databaseUrl, vendor, accounts, limits, callers } = JSON.parse(process.argv[2] ?? "{}");
const database = await openDatabase({ url: databaseUrl, logger: silentLogger });
const budgets = new SharedBudgets({ database, clock: systemClock }).at("sync");
const transport = createTransport({
  allowedHosts: [],
  allowedPrivateHosts: [new URL(vendor).host],
  retry: { rateLimited: "return" },
});
process.send?.("ready");
for (const account of accounts) {
  const budget = budgets.of(["counted", account], limits);
  const callOn = async () => {
    for (;;) await transport.request({ method: "GET", url: `${vendor}/${account}`, budget });
  };
  for (let caller = 0; caller < callers; caller += 1) void callOn();
}
