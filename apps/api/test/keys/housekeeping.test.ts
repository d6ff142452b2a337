import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";

describe("clearing retired data keys away", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let service: TestService;
  let platform: ApiClient;

  beforeAll(async () => {
    service = await startTestService(get().database, { keys: LocalKeyring.generate("k1") });
    platform = new ApiClient(service.url, platformKey);
    const { api } = await service.createTenant();
    expect((await api.post("/v1/connectors", sandboxConnector(service))).status).toBe(201);
  });
  afterAll(() => service?.close());

  async function query(sql: string): Promise<Record<string, unknown>[]> {
    const superuser = await get().server.connectAsSuperuser(get().url);
    try {
      return (await superuser.query(sql)).rows;
    } finally {
      await superuser.end();
    }
  }
  const addRetired = (count: number) =>
    query(
      `insert into data_keys (id, tenant_id, wrapped, key_encryption_key_id, status, retired_at)
       select gen_random_uuid(), tenant_id, wrapped, 'k1', 'retired', now() - interval '2 days'
       from data_keys, generate_series(1, ${count}) where status = 'active'`,
    );
  const countRetired = async () =>
    (await query("select count(*)::int as n from data_keys where status = 'retired'"))[0]?.n;

  it("goes on until none is left, however many there are", async () => {
    await addRetired(2_500);
    await service.keyRotations.housekeep();
    expect(await countRetired()).toBe(0);
    const { body } = await platform.get("/v1/platform/audit-events?limit=3");
    expect(body.data.map(({ details }: { details: object }) => details)).toEqual([
      { dataKeys: 500 },
      { dataKeys: 1_000 },
      { dataKeys: 1_000 },
    ]);
  });

  it("keeps no rotation from running when it fails, and says so in words of its own", async () => {
    await addRetired(1);
    await query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
      create trigger refuse before delete on data_keys for each row execute function refuse()`);
    const { id } = (await platform.post("/v1/keys/rotate", {})).body;
    const stopping = new AbortController();
    const working = service.keyRotations.run(stopping.signal);
    const status = async () => (await platform.get(`/v1/keys/rotations/${id}`)).body.status;
    await expect.poll(status, { timeout: 20_000 }).toBe("completed");
    stopping.abort();
    await working;
    expect(await countRetired()).toBe(1);
    const lines = service.logLines.join("\n");
    expect(lines).toContain("Retired data keys cannot be cleared away");
    expect(lines).not.toContain("cannot be worked off");
  });
});
