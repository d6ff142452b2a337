import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MemoryTokenStore } from "@isthmus/core";
import { expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

const run = promisify(execFile);

it("lists open invoices as the example says", async () => {
  const sandbox = await startSandbox();
  const tokenStore = new MemoryTokenStore();
  const connector = await connectedTo(sandbox, { tokenStore });
  const { tokens } = await tokenStore.load();
  const example = fileURLToPath(new URL("../examples/open-invoices.ts", import.meta.url));
  const { stdout, stderr } = await run(
    process.execPath,
    ["--import", new URL("../../../vitest.sources.mjs", import.meta.url).href, example],
    {
      env: {
        QUICKBOOKS_URL: sandbox.url,
        QUICKBOOKS_CLIENT_ID: sandbox.client.id,
        QUICKBOOKS_CLIENT_SECRET: sandbox.client.secret,
        QUICKBOOKS_REALM_ID: sandbox.realmId,
        QUICKBOOKS_REFRESH_TOKEN: tokens?.refreshToken,
      },
    },
  );
  expect(stdout).toMatch(/^Connected to .+ \(sandbox\)\n(?:\S+ \d{4}-\d\d-\d\d \d+(?:\.\d+)?\n)+$/);
  expect(stderr).toBe("");
  await connector.close();
  await sandbox.close();
});
