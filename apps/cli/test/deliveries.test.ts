import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../../api/test/support/server-database.js";
import {
  platformKey,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../../api/test/support/service.js";
import { startCli } from "./cli-process.js";

const sink = "@acme/sink";
const receiver = "http://127.0.0.1:9/hook";
const id = expect.any(String);

describe("what did not arrive, in the command line", { timeout: 60_000 }, () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let webhookId: string;

  beforeAll(async () => {
    const { database } = get();
    service = await startTestService(database, { settings: { allowedPrivateHosts: [new URL(receiver).host] } });
    tenant = await service.createTenant();
    const { body } = await tenant.api.post("/v1/webhooks", { url: receiver, eventTypes: ["connector.*"] });
    webhookId = body.id;
    const about = (n: number) => ({ about: `thing ${n}`, payload: { n } });
    await database.asTenant(tenant.tenantId, ({ outboxEvents }) =>
      outboxEvents.appendAll([1, 2, 3].map((n) => ({ type: "connector.health_changed", ...about(n) }))),
    );
    await ask(`insert into sink_deliveries (event_id, sink, tenant_id, order_key)
      select event_id, '${sink}', tenant_id, order_key from webhook_deliveries`);
  });
  afterAll(() => service?.close());

  async function ask(...statements: readonly string[]): Promise<void> {
    const client = await get().server.connectAsSuperuser(get().url);
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
  const giveUp = () =>
    ask(
      "update webhook_deliveries set status = 'dead', ended_at = now(), attempts = 7",
      "update sink_deliveries set dead_at = now(), attempts = 1, failure_code = 'TOO_LARGE'",
    );
  async function run(...argv: string[]) {
    const keys = { ISTHMUS_API_KEY: tenant.apiKey, ISTHMUS_PLATFORM_KEY: platformKey };
    return startCli(argv, { ISTHMUS_URL: service.url, ...keys }).ended;
  }
  async function read(...argv: string[]) {
    const { code, stdout, stderr } = await run(...argv, "--json");
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout);
  }

  it("is listed and replayed for a webhook, all of it or one delivery", async () => {
    await giveUp();
    expect(await run("webhooks")).toEqual({
      code: 0,
      stdout: `${webhookId} ${receiver}: 0 pending, 3 dead\n`,
      stderr: "",
    });
    const { data } = await read("webhooks", "dead", webhookId);
    expect(data).toHaveLength(3);
    expect(data[0]).toMatchObject({ id, status: "dead", attempts: 7 });
    const listed = (await run("webhooks", "dead", webhookId)).stdout;
    expect(listed.split("\n")[0]).toMatch(new RegExp(`^${data[0].id} connector\\.health_changed of .+: 7 tries`));

    expect((await run("webhooks", "replay", "--delivery", data[0].id)).stdout).toBe("Replayed: 1\n");
    expect(await read("webhooks", "replay", webhookId)).toEqual({ replayed: 2 });
    expect((await run("webhooks", "dead", webhookId)).stdout).toBe("No dead delivery.\n");
    const again = await run("webhooks", "replay", "--delivery", data[0].id);
    expect(again).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^DELIVERY_NOT_DEAD: /) });
  });

  it("is listed and replayed for a sink, all of it, a tenant's or one event", async () => {
    await giveUp();
    expect((await run("sinks")).stdout).toBe(`${sink}: 0 pending, 3 dead, not in ISTHMUS_SINKS\n`);
    const { data } = await read("sinks", "dead", sink);
    expect(data).toHaveLength(3);
    const { tenantId } = tenant;
    expect((await run("sinks", "dead", sink, "--tenant", tenantId)).stdout.split("\n")[0]).toBe(
      `${data[0].eventId} connector.health_changed of ${data[0].happenedAt}, tenant ${tenantId}: 1 try, TOO_LARGE`,
    );
    const nobody = crypto.randomUUID();
    expect((await run("sinks", "dead", sink, "--tenant", nobody)).stdout).toBe("No dead letter.\n");
    expect(await read("sinks", "replay", sink, "--tenant", nobody)).toEqual({ replayed: 0 });
    expect(await read("sinks", "replay", sink, "--event", data[0].eventId)).toEqual({ replayed: 1 });
    expect((await run("sinks", "replay", sink)).stdout).toBe("Replayed: 2\n");
  });

  it("says what is wrong with a command, and which key it wants", async () => {
    const unclear = "Give the id of a webhook, or --delivery with the id of one delivery.\n";
    expect(await run("webhooks", "replay")).toEqual({ code: 2, stdout: "", stderr: unclear });
    expect(await run("webhooks", "replay", webhookId, "--delivery", webhookId)).toMatchObject({ stderr: unclear });
    expect(await run("sinks", "dead", "@acme/other")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^NOT_FOUND: /),
    });
    const keyless = await startCli(["sinks"], { ISTHMUS_URL: service.url }).ended;
    expect(keyless).toEqual({
      code: 2,
      stdout: "",
      stderr: "Set ISTHMUS_PLATFORM_KEY to the platform key of the service.\n",
    });
  });
});
