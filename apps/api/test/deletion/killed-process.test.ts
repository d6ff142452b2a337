import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PurgeWorker } from "../../src/workers/purge-worker.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { connect, revocations, revokePath } from "./support/connections.js";
import type { PurgeProcessTask } from "./support/purge-process.js";

const sources = new URL("../../../../vitest.sources.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("support/purge-process.ts", import.meta.url));

describe("a process that is killed while it purges", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database, { keys });
    tenant = await service.createTenant();
  });
  afterAll(() => service?.close());

  /** Lets a process begin, kills it while the vendor has its request, and gives what the database holds then. */
  async function killAt(fault: { readonly delayMs: number }) {
    const id = await connect(service, tenant);
    expect((await tenant.api.delete(`/v1/connectors/${id}`)).status).toBe(204);
    const superuser = await get().server.connectAsSuperuser(get().url);
    const sql = async (text: string) => (await superuser.query(text, [id])).rows;
    await sql("update connector_deletions set purge_at = now() where connector_id = $1");
    service.sandbox.clearRequests();
    service.sandbox.addFault({ path: revokePath, ...fault });
    const task: PurgeProcessTask = { url: get().url, keys, vendorHost: new URL(service.sandbox.url).host };
    const nodeOptions = ["--no-warnings", "--liftoff-only", "--import", sources];
    const child = spawn(process.execPath, [...nodeOptions, program, JSON.stringify(task)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const ended = once(child, "close");
    await expect.poll(() => service.sandbox.faults().length, { timeout: 30_000, interval: 20 }).toBe(0);
    child.kill("SIGKILL");
    await ended;
    return { id, sql, close: () => superuser.end() };
  }

  it("leaves the connector and its tokens to the next one, which revokes and ends it", async () => {
    const { sql, close } = await killAt({ delayMs: 60_000 });
    const kept = "select 1 from connectors c join connector_tokens t on t.connector_id = c.id where c.id = $1";
    expect(await sql(kept)).toHaveLength(1);
    const worker = new PurgeWorker(service.services);
    // Whoever had it may only be slow.
    expect(await worker.beginDue()).toBe(0);
    await sql("update connector_deletions set lease_until = now() where connector_id = $1");
    expect(await worker.beginDue()).toBe(1);
    await worker.settle();
    expect(await sql("select 1 from connectors where id = $1")).toEqual([]);
    expect(
      await sql(
        "select details ->> 'revoked' as revoked from audit_events where target_id = $1::text and action = 'connector.purged'",
      ),
    ).toEqual([{ revoked: "true" }]);
    expect(revocations(service)).toBe(2);
    await close();
  });
});
