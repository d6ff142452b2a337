// Loads 300 rows in small parts and prints each state. Ends by itself never: the test kills it.
import { setTimeout as delay } from "node:timers/promises";
import { createSalesforceConnector } from "../src/index.js";
import { leads } from "./bulk-bench.js";

const { SANDBOX_URL: url = "", REFRESH_TOKEN: refreshToken = "" } = process.env;
const { CLIENT_ID: clientId = "", CLIENT_SECRET: clientSecret = "" } = process.env;
const allowedPrivateHosts = [new URL(url).host];
// Pauses between looks are short, and what is to be seen of a run is seen soon.
const clock = { now: () => Date.now(), sleep: () => delay(5) };
const connector = createSalesforceConnector({
  clientId,
  clientSecret,
  refreshToken,
  loginUrl: url,
  allowedPrivateHosts,
  clock,
});
const onState = (state: unknown) =>
  new Promise<void>((resolve) => {
    process.stdout.write(`${JSON.stringify(state)}\n`, () => resolve());
  });
await connector.bulk.insert("Lead", leads(0, 300), { maxPartBytes: 2_000, onState });
await delay(3_600_000);
