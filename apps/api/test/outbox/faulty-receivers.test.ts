import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../support/fuzz/seeded-random.js";
import { useServerDatabase } from "../support/server-database.js";
import { startWebhookService, type WebhookService } from "./webhook-service.js";

const rounds = 6;
const records = 12;

describe("receivers that fail in every way", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let bench: WebhookService;
  let client: Awaited<ReturnType<ReturnType<typeof get>["server"]["connectAsSuperuser"]>>;

  beforeAll(async () => {
    bench = await startWebhookService(get().database);
    client = await get().server.connectAsSuperuser(get().url);
  });
  afterAll(async () => {
    await client?.end();
    await bench?.close();
  });

  it.each([1, 2])("are told every version in the end, those of one record in their order (seed %i)", async (seed) => {
    const random = seededRandom(seed);
    const entity = `Thing${seed}`;
    bench.receiver.forget();
    const { id } = await bench.webhook({ entities: [entity] });
    const { body: schedule } = await bench.schedule(entity);
    const early: string[] = [];
    let fails = 0.6;
    bench.receiver.react(({ event: { data } }, response) => {
      const arrived = bench.receiver.taken.filter((each) => each.event.data.externalId === data.externalId);
      const expected = told.get(data.externalId)?.[new Set(arrived.map((each) => each.event.data.version)).size];
      const isRepeat = arrived.some((each) => each.event.data.version === data.version);
      if (!isRepeat && expected !== data.record?.n) early.push(`${data.externalId} ${data.version}`);
      if (random.next() > fails) return 200;
      const failure = Math.floor(random.next() * 4);
      if (failure === 0) return 500;
      if (failure === 1) return 503;
      if (failure === 2) response.destroy();
      return undefined; // cut, or never answered
    });
    /** What each record was, version by version. */
    const told = new Map<string, unknown[]>();
    const change = (record: string, n: number | undefined) => {
      if (n === undefined) bench.vendor.remove(entity, record);
      else bench.vendor.put(entity, record, { n });
      told.set(record, [...(told.get(record) ?? []), n]);
    };
    const retry = async () => {
      await client.query("update webhook_deliveries set due_at = now() - interval '1 second' where status = 'pending'");
      await client.query("update webhook_endpoints set not_before = null");
      await bench.deliver({ timeoutMs: 60 });
    };
    for (let round = 0; round < rounds; round += 1) {
      for (let record = 0; record < records; record += 1) {
        if (round > 0 && random.next() < 0.6) continue;
        const isThere = told.get(`r${record}`)?.at(-1) !== undefined;
        change(`r${record}`, isThere && random.next() < 0.2 ? undefined : round * 100 + record);
      }
      await bench.run(schedule.id);
      await retry();
    }
    fails = 0.2;
    const open = async () => (await bench.tenant.api.get(`/v1/webhooks/${id}`)).body.health.pending;
    for (let left = 60; left > 0 && (await open()) > 0; left -= 1) await retry();

    expect(early).toEqual([]);
    const arrived = new Map<string, unknown[]>();
    for (const { event } of bench.receiver.taken) {
      const { externalId, record } = event.data;
      arrived.set(externalId, [...(arrived.get(externalId) ?? []), record?.n]);
    }
    expect(arrived).toEqual(told);
    expect(bench.receiver.messages.length).toBeGreaterThan(bench.receiver.taken.length);
    await bench.tenant.api.delete(`/v1/webhooks/${id}`);
  });
});
