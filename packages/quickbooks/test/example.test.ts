import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MemoryTokenStore } from "@isthmus/core";
import type { QuickbooksSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectedTo, startSandbox } from "./connect.js";

const run = promisify(execFile);
const sources = new URL("../../../vitest.sources.mjs", import.meta.url).href;

let sandbox: QuickbooksSandbox;
let environment: Record<string, string | undefined>;
beforeAll(async () => {
  sandbox = await startSandbox();
  const tokenStore = new MemoryTokenStore();
  const connector = await connectedTo(sandbox, { tokenStore });
  const { tokens } = await tokenStore.load();
  await connector.close();
  environment = {
    QUICKBOOKS_URL: sandbox.url,
    QUICKBOOKS_CLIENT_ID: sandbox.client.id,
    QUICKBOOKS_CLIENT_SECRET: sandbox.client.secret,
    QUICKBOOKS_REALM_ID: sandbox.realmId,
    QUICKBOOKS_REFRESH_TOKEN: tokens?.refreshToken,
  };
});
afterAll(() => sandbox.close());

const runProgram = (path: string) => run(process.execPath, ["--import", sources, path], { env: environment });

it("lists open invoices as the example says", async () => {
  const { stdout, stderr } = await runProgram(fileURLToPath(new URL("../examples/open-invoices.ts", import.meta.url)));
  expect(stdout).toMatch(/^Connected to .+ \(sandbox\)\n(?:\S+ \d{4}-\d\d-\d\d \d+(?:\.\d+)?\n)+$/);
  expect(stderr).toBe("");
});

it("prints what the README says when its first program runs", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const program = blockAfter(readme, "## A first call\n");
  // Intuit's address is the default; here it is the sandbox's.
  const own = program.replace(
    "  realmId: process.env",
    `  apiUrl: "${sandbox.url}",\n  allowedPrivateHosts: ["${new URL(sandbox.url).host}"],\n  realmId: process.env`,
  );
  expect(own).not.toBe(program);
  const folder = mkdtempSync(join(tmpdir(), "isthmus-readme-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "program.ts"), own);
    const { stdout, stderr } = await runProgram(join(folder, "program.ts"));
    expect(stdout).toBe(blockAfter(readme, "<!-- output:first-call -->\n"));
    expect(stderr).toBe("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The first code block behind a line. */
function blockAfter(text: string, line: string): string {
  const block = text.split(line)[1]?.match(/^```\w*\n([\s\S]*?)^```$/m)?.[1];
  if (block === undefined) throw new Error(`There is no code block behind ${line}`);
  return block;
}
