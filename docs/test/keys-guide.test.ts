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

const guide = "docs/keys.md";
const platformKey = "the-platform-key-of-the-guide-0123456789";
const paste = (name: string) => terminal.paste(readSnippet(guide, `snippet:${name}`));

let folder: string;
let terminal: Terminal;
let service: ServiceProcess;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "isthmus-keys-guide-"));
  // What `npm install --global @isthmus/cli` puts on the PATH.
  const [sources, main] = ["vitest.sources.mjs", "apps/cli/src/main.ts"].map((file) => new URL(file, root));
  const command = `exec "${process.execPath}" --import "${sources?.href}" "${fileURLToPath(main ?? "")}" "$@"`;
  writeFileSync(join(folder, "isthmus"), `#!/bin/sh\n${command}\n`);
  chmodSync(join(folder, "isthmus"), 0o755);
  terminal = new Terminal(folder);
  await terminal.paste(`export PATH="${folder}:$PATH" ISTHMUS_PLATFORM_KEY=${platformKey}`);
});
afterAll(async () => {
  terminal?.close();
  service?.child.kill("SIGKILL");
  await service?.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Deploys what a block printed. */
async function restart(variables: string): Promise<void> {
  service?.child.kill("SIGTERM");
  await service?.ended;
  const given = variables
    .trim()
    .split("\n")
    .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]);
  const environment = { ISTHMUS_DATA: join(folder, "data"), ISTHMUS_PLATFORM_KEY: platformKey };
  service = startServiceProcess({ ...environment, ...Object.fromEntries(given) });
  url = await service.ready;
  await terminal.paste(`export ISTHMUS_URL=${url}`);
}

describe("the guide to keys", { timeout: 60_000 }, () => {
  let tenantId: string;
  let apiKey: string;
  let connectorId: string;
  let version = 1;

  /** Changing the configuration makes the service open the stored credentials. */
  async function openCredentials() {
    const change = { configuration: { loginUrl: "https://test.salesforce.com" } };
    const path = `/v1/connectors/${connectorId}`;
    const answer = await new ApiClient(url, apiKey).patch(path, change, { "if-match": `"${version}"` });
    if (answer.status === 200) version += 1;
    return answer.body;
  }

  it("has no shell block that is not run here", () => {
    const text = readFileSync(new URL(guide, root), "utf8");
    expect([...text.matchAll(/^```bash$/gm)]).toHaveLength(7);
  });

  it("replaces the key-encryption key, step by step, and everything opens all the time", async () => {
    const k1 = LocalKeyring.generate("k1");
    await terminal.paste(`export ISTHMUS_KEYS=${k1}`);
    await restart(`ISTHMUS_KEYS=${k1}`);
    const administrator = { name: "Ada Admin", email: "ada@example.com" };
    const made = await new ApiClient(url, platformKey).post("/v1/tenants", { name: "Acme", administrator });
    tenantId = made.body.tenant.id;
    apiKey = made.body.apiKey.key;
    const connector = await new ApiClient(url, apiKey).post("/v1/connectors", {
      code: "crm",
      name: "Our CRM",
      type: "salesforce",
      environment: "sandbox",
      externalSystemUrl: "https://test.salesforce.com",
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: "id", clientSecret: "secret" },
    });
    connectorId = connector.body.id;
    for (const step of ["keys-1", "keys-2"]) {
      await restart(await paste(step));
      expect(await openCredentials()).toMatchObject({ id: connectorId });
    }
    const shown = await paste("keys-3");
    expect(shown).toContain("completed, to k2: 1 of 1 data keys");
    expect(shown).toMatch(/^k2 +2 {2}current\nk1 +0 {2}wraps nothing$/m);
    await restart(await paste("keys-4"));
    expect(await openCredentials()).toMatchObject({ id: connectorId });
  });

  it("replaces the data keys", async () => {
    expect(await paste("keys-5")).toMatch(/completed, to k2: 2 of 2 data keys, 1 of 1 values/);
    expect(await openCredentials()).toMatchObject({ id: connectorId });
  });

  it("lets a tenant go on whose key is lost", async () => {
    await restart(`ISTHMUS_KEYS=${LocalKeyring.generate("k3")}\nISTHMUS_LOST_KEYS=k2`);
    expect(await openCredentials()).toMatchObject({ code: "SEALED_VALUE_UNREADABLE" });
    expect(await paste("keys-6")).toContain("some of it is lost");
    const credentials = { clientId: "id", clientSecret: "new secret" };
    const path = `/v1/connectors/${connectorId}`;
    const given = await new ApiClient(url, apiKey).patch(path, { credentials }, { "if-match": `"${version}"` });
    expect(given.status).toBe(200);
    version += 1;
    expect(await openCredentials()).toMatchObject({ id: connectorId });
  });

  it("deletes a tenant", async () => {
    await terminal.paste(`TENANT=${tenantId}`);
    const printed = (await paste("keys-7")).trim().split("\n");
    const [deleted, platform, own] = printed.map((line) => JSON.parse(line));
    expect(deleted).toMatchObject({ tenant: { id: tenantId, name: "Acme" }, dataKeys: 3, connectors: 1 });
    expect(platform.data).toMatchObject([{ action: "tenant.deleted", target: { id: tenantId } }]);
    expect(own.data.at(-1)).toMatchObject({ action: "tenant.created" });
  });
});
