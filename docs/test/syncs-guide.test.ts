import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OperationRunWorker } from "../../apps/api/src/workers/operation-run-worker.js";
import { SyncWorker } from "../../apps/api/src/workers/sync-worker.js";
import type { ApiClient } from "../../apps/api/test/support/api-client.js";
import { TestBrowser } from "../../apps/api/test/support/browser.js";
import { useServerDatabase } from "../../apps/api/test/support/server-database.js";
import { sandboxConnector, startTestService, type TestService } from "../../apps/api/test/support/service.js";
import { readSnippet, root } from "./support/snippets.js";
import { Terminal } from "./support/terminal.js";

const guide = "docs/syncs.md";

describe("the guide to syncs", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let folder: string;
  let terminal: Terminal;
  let service: TestService;
  let workers: Promise<unknown>;
  let api: ApiClient;
  let connectorId: string;
  const stopping = new AbortController();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isthmus-syncs-guide-"));
    service = await startTestService(get().database);
    workers = Promise.all([
      new SyncWorker(service.services, { pollMs: 50 }).run(stopping.signal),
      new OperationRunWorker(service.services, { pollMs: 50 }).run(stopping.signal),
    ]);
    const tenant = await service.createTenant();
    const { apiKey } = tenant;
    api = tenant.api;
    const { id } = (await api.post("/v1/connectors", sandboxConnector(service))).body;
    const { authorizationUrl } = (await api.post(`/v1/connectors/${id}/authorize`, {})).body;
    expect(await new TestBrowser().follow(authorizationUrl)).toMatchObject({ status: 200 });
    connectorId = id;
    terminal = new Terminal(folder);
    const [, helpers = ""] = /^(api\(\).*?^field\(\).*?$)/ms.exec(readSnippet("README.md", "snippet:curl-1")) ?? [];
    await terminal.paste(`export ISTHMUS_URL=${service.url} ISTHMUS_API_KEY=${apiKey} CONNECTOR=${id}\n${helpers}`);
  });
  afterAll(async () => {
    terminal?.close();
    stopping.abort();
    await workers;
    await service?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has no shell block that is not run here", () => {
    expect([...readFileSync(new URL(guide, root), "utf8").matchAll(/^```bash$/gm)]).toHaveLength(5);
  });

  it("schedules a read, runs it, reads the records, and writes some back", async () => {
    const [next, changed] = (await terminal.paste(readSnippet(guide, "snippet:syncs-1"))).trim().split("\n");
    expect(Date.parse(next ?? "")).toBeGreaterThan(Date.now());
    const [name, hasMore, filtered, lines] = (await terminal.paste(readSnippet(guide, "snippet:syncs-2")))
      .trim()
      .split("\n");
    const { records } = (await api.run(connectorId, "query", { soql: "SELECT Name FROM Account" })).body;
    expect(records.map((record: { Name: string }) => record.Name)).toContain(name);
    expect(Number(changed)).toBe(records.length);
    expect(hasMore).toBe("false");
    expect(Number(filtered)).toBeLessThan(Number(changed));
    expect(Number(lines)).toBe(Number(changed));
    expect((await terminal.paste(readSnippet(guide, "snippet:syncs-3"))).trim()).toBe("begun");
    const [created, ...outcomes] = (await terminal.paste(readSnippet(guide, "snippet:syncs-4"))).trim().split("\n");
    expect([created, ...outcomes]).toEqual(["1", "updated", "VALIDATION_FAILED"]);
    expect((await terminal.paste(readSnippet(guide, "snippet:syncs-5"))).trim()).toBe("2");
  });
});
