import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LoadsProcess, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey } from "../support/service.js";
import { startWebhookService, type WebhookService } from "./webhook-service.js";

describe("webhooks of processes that are killed", { timeout: 120_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  const started: LoadsProcess[] = [];
  let bench: WebhookService;

  beforeAll(async () => {
    bench = await startWebhookService(get().database, { keys });
  });
  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill("SIGKILL");
      await ended;
    }
    await bench?.close();
  });

  const startWorker = async (): Promise<LoadsProcess> => {
    const { vendor, receiver } = bench;
    const hosts = { vendorHost: vendor.host, hosts: [receiver.host] };
    const task = { keys, platformKey, ...hosts, runLeaseMs: 1_500, role: "worker" } as const;
    const process = await startLoadsProcess({ ...task, database: { url: get().url } });
    started.push(process);
    return process;
  };

  it("are told each version under one id, whether its process ended after the commit, or after the receiver had it", async () => {
    const { vendor, receiver, tenant } = bench;
    await bench.webhook();
    for (let n = 1; n <= 20; n += 1) vendor.put("Thing", `t${n}`, { n });
    const { body: schedule } = await bench.schedule("Thing");

    // Some have arrived and nobody is told so, some are not sent yet, and a page of the sync is under way.
    const heard = Promise.withResolvers<void>();
    receiver.react(({ event }, response) => {
      if (Number(event.data.version) > 2) return 204;
      if (Number(event.data.version) === 2) heard.resolve();
      response.on("close", () => undefined);
      return undefined;
    });
    const reached12 = vendor.hold(12);
    const { body: run } = await tenant.api.post(`/v1/schedules/${schedule.id}/run`, {});
    const killed = await startWorker();
    await Promise.all([reached12, heard.promise]);
    killed.child.kill("SIGKILL");
    await killed.ended;
    vendor.release();
    receiver.react(() => 204);

    const client = await get().server.connectAsSuperuser(get().url);
    // The time that it had for what it had taken is over.
    const { rowCount } = await client.query(
      "update webhook_deliveries set due_at = now() - interval '1 second' where attempt_id is not null",
    );
    await client.end();
    expect(rowCount).toBeGreaterThanOrEqual(2);
    await startWorker();
    const read = async () => (await tenant.api.get(`/v1/sync-runs/${run.id}`)).body.status;
    await expect.poll(read, { timeout: 60_000, interval: 100 }).toBe("succeeded");
    await expect.poll(() => receiver.taken.length, { timeout: 60_000, interval: 100 }).toBe(20);

    const versions = receiver.taken.map(({ event }) => Number(event.data.version)).sort((one, other) => one - other);
    expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    // What came twice came under the id that it had.
    const named = new Set(receiver.messages.map(({ id, event }) => `${event.data.version} ${id} ${event.id}`));
    expect(named.size).toBe(20);
    expect(receiver.messages.length).toBeGreaterThanOrEqual(22);
  });
});
