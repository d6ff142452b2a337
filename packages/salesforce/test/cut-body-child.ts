// Asks for a description whose body the sandbox cuts off, once with jsforce alone and once through the connector.
import { isConnectorError } from "@isthmus/core";
import jsforce from "jsforce";
import { createSalesforceConnector } from "../src/index.js";

const { SANDBOX_URL: url = "", ACCESS_TOKEN: accessToken = "", REFRESH_TOKEN: refreshToken = "" } = process.env;
const { CLIENT_ID: clientId = "", CLIENT_SECRET: clientSecret = "" } = process.env;

if (process.argv[2] === "plain") {
  const connection = new jsforce.Connection({ instanceUrl: url, accessToken, version: "60.0" });
  await report(() => connection.describe("Account"));
} else {
  const allowedPrivateHosts = [new URL(url).host];
  const connector = createSalesforceConnector({
    clientId,
    clientSecret,
    refreshToken,
    loginUrl: url,
    allowedPrivateHosts,
  });
  const connection = await connector.jsforce();
  await report(() => connection.describe("Account"));
  await connector.close();
}

async function report(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    process.stdout.write("no failure\n");
  } catch (error) {
    process.stdout.write(`caught ${isConnectorError(error) ? error.code : String(error)}\n`);
  }
  // What comes later than the promise would end the process in the meantime.
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.stdout.write("alive\n");
}
