import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MemoryTokenStore } from "@isthmus/core";
import { expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

const run = promisify(execFile);

it("lists accounts as the example says", async () => {
  const sandbox = await startSandbox();
  const tokenStore = new MemoryTokenStore();
  const connector = await connectedTo(sandbox, { tokenStore });
  const { tokens } = await tokenStore.load();
  const example = fileURLToPath(new URL("../examples/list-accounts.ts", import.meta.url));
  const { stdout, stderr } = await run(
    process.execPath,
    ["--import", new URL("../../../vitest.sources.mjs", import.meta.url).href, example],
    {
      env: {
        SALESFORCE_URL: sandbox.url,
        SALESFORCE_CLIENT_ID: sandbox.client.id,
        SALESFORCE_CLIENT_SECRET: sandbox.client.secret,
        SALESFORCE_REFRESH_TOKEN: tokens?.refreshToken,
      },
    },
  );
  expect(stdout).toMatch(new RegExp(`^Connected to .+ as ${sandbox.username}\n(?:001\\w{15} .+\n){5}$`));
  expect(stderr).toBe("");
  await connector.close();
  await sandbox.close();
});
