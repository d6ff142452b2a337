import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startSalesforceSandbox } from "@isthmus/sandbox";
import { expect, it } from "vitest";

const run = promisify(execFile);

it("lists accounts as the example says", async () => {
  const sandbox = await startSalesforceSandbox();
  const example = fileURLToPath(new URL("../examples/list-accounts.ts", import.meta.url));
  const { stdout, stderr } = await run(
    process.execPath,
    ["--import", new URL("../../../vitest.sources.mjs", import.meta.url).href, example],
    {
      env: {
        SALESFORCE_URL: sandbox.url,
        SALESFORCE_CLIENT_ID: sandbox.client.id,
        SALESFORCE_CLIENT_SECRET: sandbox.client.secret,
      },
    },
  );
  expect(stdout).toMatch(
    /^Connected to 00D\w+ as \S+\n\d+ accounts, of which the first five are\n(?:001\w{15} .+\n){5}$/,
  );
  expect(stderr).toBe("");
  await sandbox.close();
});
