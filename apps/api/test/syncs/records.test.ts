import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { type FeedService, startFeedService } from "./feed/feed-service.js";

const entity = "Thing";

describe("records that are asked for", () => {
  const get = useServerDatabase();
  let bench: FeedService;
  let path: string;

  beforeAll(async () => {
    bench = await startFeedService(get().database);
    path = `/v1/connectors/${bench.connectorId}/records?entity=${entity}`;
    for (const [id, kind] of [
      ["a", "red"],
      ["b", "blue"],
      ["c", "red"],
    ] as const)
      bench.vendor.put(entity, id, { kind, of: { size: 1, shape: "round" } });
    const { body } = await bench.schedule(entity);
    await bench.run(body.id);
    bench.vendor.remove(entity, "c");
    await bench.run(body.id);
  });
  afterAll(() => bench?.close());

  const idsOf = async (query: string) =>
    (await bench.tenant.api.get(`${path}&${query}`)).body.data.map(({ id }: { id: string }) => id);
  const filter = (text: string) => `filter=${encodeURIComponent(text)}`;

  it("are those with the values of a filter, inner ones too", async () => {
    expect(await idsOf(filter('{"kind":"red"}'))).toEqual(["a"]);
    expect(await idsOf(`${filter('{"kind":"red"}')}&deleted=true`)).toEqual(["a", "c"]);
    expect(await idsOf(filter('{"of":{"shape":"round"}}'))).toEqual(["a", "b"]);
    expect(await idsOf(filter('{"of":{"shape":"square"}}'))).toEqual([]);
  });

  it("are those that changed here after a time", async () => {
    const all = (await bench.tenant.api.get(`${path}&deleted=true`)).body.data;
    const [first, , last] = all;
    expect(await idsOf(`deleted=true&since=${first.updatedAt}`)).toContain(last.id);
    expect(await idsOf(`deleted=true&since=2999-01-01T00:00:00Z`)).toEqual([]);
    expect(await idsOf(`deleted=true&since=2000-01-01T00:00:00Z`)).toEqual(["a", "b", "c"]);
  });

  it("come some at a time where they are large, and all of them to who goes on", async () => {
    const large = "Large";
    // Stored small, as it compresses well; answered large.
    for (let at = 1; at <= 5; at += 1) bench.vendor.put(large, `${at}`, { text: "x".repeat(3_000_000) });
    await bench.run((await bench.schedule(large)).body.id);
    const page = `/v1/connectors/${bench.connectorId}/records?entity=${large}&limit=100`;
    const { body: first } = await bench.tenant.api.get(page);
    expect(first).toMatchObject({ data: [{ id: "1" }, { id: "2" }, { id: "3" }], hasMore: true });
    const { body: rest } = await bench.tenant.api.get(`${page}&cursor=${first.nextCursor}`);
    expect(rest).toMatchObject({ data: [{ id: "4" }, { id: "5" }], hasMore: false });
    const { text } = await bench.tenant.api.get(page, { accept: "application/x-ndjson" });
    expect(text.trimEnd().split("\n")).toHaveLength(5);
  });

  it("come in one answer to the end as NDJSON, as the list gives them", async () => {
    const { text, headers } = await bench.tenant.api.get(`${path}&limit=1`, { accept: "application/x-ndjson" });
    expect(headers.get("content-type")).toBe("application/x-ndjson");
    const { body } = await bench.tenant.api.get(path);
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(body.data);
  });

  it("are found without a look at those of others, wherever the reader stands", async () => {
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    const read = async () => {
      const { rows } = await superuser.query<{ read: string }>(
        "select idx_tup_read as read from pg_stat_user_indexes where indexrelname = 'records_version_key'",
      );
      return Number(rows[0]?.read);
    };
    await superuser.query(
      `with state as (
         insert into sync_states (connector_id, entity, tenant_id, record_version, series)
         select id, 'Others', tenant_id, 5000, 0 from connectors where id = $1 returning connector_id, tenant_id
       )
       insert into records (tenant_id, connector_id, entity, external_id, data, hash, version, deleted, updated_at)
       select s.tenant_id, s.connector_id, 'Others', n::text, '{}', '', n, false, now()
       from state s, generate_series(1, 5000) n`,
      [bench.connectorId],
    );
    await superuser.query("analyze records");
    const before = await read();
    expect(await idsOf("deleted=true")).toEqual(["a", "b", "c"]);
    await expect.poll(read, { timeout: 20_000, interval: 200 }).toBeGreaterThan(before);
    expect((await read()) - before).toBeLessThan(100);
    await superuser.end();
  });

  it.each([
    ["filter", "red"],
    ["filter", "[]"],
    ["filter", '{"kind":"\\u0000"}'],
    ["filter", '{"ki\\u0000nd":"red"}'],
    ["filter", '{"kind":"\\ud800"}'],
    ["filter", '{"kind":1e999}'],
    ["since", "yesterday"],
    ["since", "2026-02-30T00:00:00Z"],
    ["since", "0000-01-01T00:00:00Z"],
    ["cursor", "w7"],
  ])("are refused for %s=%s, naming it", async (name, value) => {
    for (const accept of ["application/json", "application/x-ndjson"]) {
      const { status, body } = await bench.tenant.api.get(`${path}&${name}=${encodeURIComponent(value)}`, { accept });
      expect([status, body.code]).toEqual([400, "VALIDATION_FAILED"]);
      expect(body.errors[0].path).toMatch(new RegExp(`^${name}`));
    }
  });
});
