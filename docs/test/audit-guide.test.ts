import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../apps/api/test/support/api-client.js";
import { type ServiceProcess, startServiceProcess } from "../../apps/api/test/support/service-process.js";
import { readSnippet, root } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/audit.md";
const platformKey = "the-platform-key-of-the-guide-0123456789";

describe("the guide to the audit", { timeout: 60_000 }, () => {
  let folder: string;
  let terminal: Terminal;
  let service: ServiceProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-audit-guide-"));
    // What `npm install --global @isthmus/cli` puts on the PATH.
    const [sources, main] = ["vitest.sources.mjs", "apps/cli/src/main.ts"].map((file) => new URL(file, root));
    const command = `exec "${process.execPath}" --import "${sources?.href}" "${fileURLToPath(main ?? "")}" "$@"`;
    writeFileSync(join(folder, "isthmus"), `#!/bin/sh\n${command}\n`);
    chmodSync(join(folder, "isthmus"), 0o755);
    service = startServiceProcess({
      ISTHMUS_DATA: join(folder, "data"),
      ISTHMUS_KEYS: LocalKeyring.generate(),
      ISTHMUS_PLATFORM_KEY: platformKey,
    });
    const url = await service.ready;
    const administrator = { name: "Ada Admin", email: "ada@example.com" };
    const made = await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Acme", administrator });
    terminal = new Terminal(folder);
    await terminal.paste(
      `export PATH="${folder}:$PATH" ISTHMUS_URL=${url} ISTHMUS_API_KEY=${made.body.apiKey.key} ISTHMUS_PLATFORM_KEY=${platformKey} NODE_NO_WARNINGS=1`,
    );
  }, 60_000);
  afterAll(async () => {
    terminal?.close();
    service?.child.kill("SIGKILL");
    await service?.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const paste = (name: string) => terminal.paste(readSnippet(guide, `snippet:${name}`));

  it("has no shell block that is not run here", () => {
    const text = readFileSync(new URL(guide, root), "utf8");
    expect([...text.matchAll(/^```bash$/gm)]).toHaveLength(4);
  });

  it("verifies, keeps the head, and verifies a file", async () => {
    const printed = /^The audit is whole: \d+ events\.\nhead {8}\d+:[0-9a-f]{64}\nsigned {6}\S+\npublic key {2}\S+$/m;
    expect(await paste("audit-1")).toMatch(printed);
    expect(await paste("audit-2")).toMatch(printed);
    expect(await paste("audit-3")).toMatch(printed);
    expect(readFileSync(join(folder, "audit.ndjson"), "utf8")).toContain('"action":"tenant.created"');
    expect((await paste("audit-4")).match(new RegExp(printed, "gm"))).toHaveLength(2);
    expect(readFileSync(join(folder, "platform.ndjson"), "utf8")).toContain('"action":"audit.verified"');
  });
});
