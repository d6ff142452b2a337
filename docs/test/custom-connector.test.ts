import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSalesforceSandbox } from "@isthmus/sandbox";
import { describe, expect, it } from "vitest";
import { useWalkthrough } from "./support/quickstart.js";
import { readSnippet, root } from "./support/snippets.js";

const guide = "docs/connectors/custom.md";
const run = promisify(execFile);

describe("the guide of the connector by configuration, with curl", () => {
  const walkthrough = useWalkthrough();

  it("makes a connector of the sandbox and prints what it shows", async () => {
    const { terminal } = walkthrough();
    await terminal.paste(readSnippet(guide, "snippet:custom-create"));
    const printed = await terminal.paste(readSnippet(guide, "snippet:custom-use"));
    expect(printed).toBe(readSnippet(guide, "output:custom-use"));
    const written = await terminal.paste(readSnippet(guide, "snippet:custom-write"));
    expect(written).toBe(readSnippet(guide, "output:custom-write"));
  });
});

describe("the guide of the connector by configuration, as a library", () => {
  it("prints what it shows", async () => {
    const sandbox = await startSalesforceSandbox();
    const folder = mkdtempSync(join(tmpdir(), "isthmus-custom-"));
    try {
      const program = readSnippet(guide, "snippet:custom-library").replace("127.0.0.1:4010", new URL(sandbox.url).host);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeFileSync(join(folder, "program.ts"), program);
      const { stdout, stderr } = await run(
        process.execPath,
        ["--import", new URL("vitest.sources.mjs", root).href, join(folder, "program.ts")],
        {
          env: {
            SALESFORCE_URL: sandbox.url,
            SALESFORCE_CLIENT_ID: sandbox.client.id,
            SALESFORCE_CLIENT_SECRET: sandbox.client.secret,
          },
        },
      );
      expect(stderr).toBe("");
      expect(stdout).toBe(readSnippet(guide, "output:custom-library"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await sandbox.close();
    }
  });
});
