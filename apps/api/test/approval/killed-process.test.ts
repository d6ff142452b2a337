import { LocalKeyring } from "@isthmus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { orders, ordersConnector } from "../idempotency/orders-connector.js";
import { ApiClient } from "../support/api-client.js";
import { type LoadsProcess, startLoadsProcess } from "../support/loads/start-loads-process.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, startTestService, type TestService } from "../support/service.js";
import { approve, createPeople, createProduction, type People, pastGuards, readConnector } from "./people.js";

const url = "https://127.0.0.1:9";
const emergency = { "isthmus-emergency": "The old address is gone", "if-match": '"1"' };

describe("a process that is killed while it applies a change of production", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  const keys = LocalKeyring.generate();
  let survivor: TestService;
  let people: People;
  let other: LoadsProcess;

  beforeAll(async () => {
    survivor = await startTestService(get().database, {
      keys,
      connectors: [orders],
      settings: { allowedPrivateHosts: ["127.0.0.1:9"] },
    });
    people = await createPeople(survivor);
    const vendorHost = "127.0.0.1:9";
    const database = { url: get().url };
    other = await startLoadsProcess({ database, keys, platformKey, vendorHost, runLeaseMs: 30_000, role: "api" });
  }, 60_000);
  afterAll(async () => {
    other.child.kill("SIGKILL");
    await other.ended;
    await survivor.close();
  });

  /** The same person at the other process. */
  async function elsewhere(userId: string): Promise<ApiClient> {
    const { key } = (await people.tenant.api.post("/v1/api-keys", { name: "other process", userId })).body;
    return new ApiClient(other.url, key);
  }
  const stateOf = async (id: string) => {
    const { connector } = await readConnector(people, id);
    const requests = await pastGuards(get(), "select status from change_requests where target_id = $1 order by id", id);
    return { name: connector.name, version: connector.version, requests: requests.map(({ status }) => status) };
  };

  it("has applied all of it or nothing: what was not decided is decided by the next one, an emergency asked for anew", async () => {
    const [asked, urgent] = [
      await createProduction(people, { ...ordersConnector({ url }), code: "asked" }),
      await createProduction(people, { ...ordersConnector({ url }), code: "urgent" }),
    ];
    const path = `/v1/connectors/${asked}`;
    const requested = await people.editor.api.patch(path, { name: "Renamed" }, { "if-match": '"1"' });
    const approver = { ...people.approver, api: await elsewhere(people.approver.userId) };
    const administrator = await elsewhere(people.admin.userId);
    const before = [await stateOf(asked), await stateOf(urgent)];

    const superuser = await get().server.connectAsSuperuser(get().url);
    // The last that a change writes, after the target's row and the decision: both wait here, in the middle.
    await superuser.query("begin; lock table outbox_events in exclusive mode");
    const cut = [
      approve(approver, requested.body.id),
      administrator.patch(`/v1/connectors/${urgent}`, { name: "Renamed" }, emergency),
    ];
    const waiting =
      "select count(*)::int as n from pg_locks where relation = 'outbox_events'::regclass and not granted";
    await expect.poll(async () => (await superuser.query(waiting)).rows[0].n, { timeout: 20_000 }).toBe(2);
    other.child.kill("SIGKILL");
    for (const { status } of await Promise.allSettled(cut)) expect(status).toBe("rejected");
    await superuser.query("rollback");
    const left =
      "select 1 from pg_stat_activity where application_name = 'isthmus' and state <> 'idle' and query like '%outbox_events%'";
    await expect.poll(async () => (await superuser.query(left)).rowCount, { timeout: 20_000 }).toBe(0);
    await superuser.end();

    expect([await stateOf(asked), await stateOf(urgent)]).toEqual(before);
    expect(before).toMatchObject([{ version: 1, requests: ["approved", "pending"] }, { version: 1 }]);
    expect((await approve(people.approver, requested.body.id)).body).toMatchObject({ status: "approved" });
    expect(await stateOf(asked)).toEqual({ name: "Renamed", version: 2, requests: ["approved", "approved"] });
    const again = await people.admin.api.patch(`/v1/connectors/${urgent}`, { name: "Renamed" }, emergency);
    expect(again).toMatchObject({ status: 200, body: { version: 2 } });
    expect((await approve(people.secondApprover, requested.body.id)).body.code).toBe("CHANGE_REQUEST_DECIDED");
  });
});
