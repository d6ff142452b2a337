import { createHash } from "node:crypto";
import { AuditChainVerifier, type ChainedAuditEvent } from "@isthmus/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AuditSealer } from "../../src/workers/audit-sealer.js";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

describe("the audit, over HTTP", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    tenant = await service.createTenant();
    await tenant.api.post("/v1/connectors", sandboxConnector(service), { "x-request-id": "made-a-connector" });
  });

  async function fill(count: number): Promise<void> {
    await service.services.database.asTenant(tenant.tenantId, async ({ auditEvents }) => {
      for (let index = 0; index < count; index++) {
        await auditEvents.append({ action: "thing.done", targetType: "thing", outcome: "success", details: { index } });
      }
    });
  }
  const linesOf = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("is verified, what was done just now with it, and that is audited", async () => {
    const { status, body } = await tenant.api.get("/v1/audit-events/verify");
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: true, break: null, keyHeld: true, unsealed: { events: 0, oldestForMs: null } });
    expect(body.head).toMatchObject({ tenantId: tenant.tenantId, seq: body.events, hash: body.lastEvent.hash });
    const { data } = (await tenant.api.get("/v1/audit-events?limit=3")).body;
    expect(data[0]).toMatchObject({ action: "audit.verified", outcome: "success", actor: { userId: tenant.userId } });
    expect(data[1].chain).toMatchObject({ seq: body.events });
  });

  it("tells how far a verification is, to who takes lines", async () => {
    await fill(1_100);
    const answer = await tenant.api.get("/v1/audit-events/verify", { accept: "application/x-ndjson" });
    const lines = linesOf(answer.text);
    const total = lines.at(-1).report.events;
    expect(lines.slice(0, -1)).toEqual([
      { progress: { checked: 500, total } },
      { progress: { checked: 1_000, total } },
    ]);
    expect(lines.at(-1).report).toMatchObject({ ok: true });
  });

  it("is held against a head that was kept outside", async () => {
    const { lastEvent } = (await tenant.api.get("/v1/audit-events/verify")).body;
    await fill(3);
    const verify = (head: string) => tenant.api.get(`/v1/audit-events/verify?expectHead=${head}`);
    expect((await verify(`${lastEvent.seq}:${lastEvent.hash}`)).body.ok).toBe(true);
    const other = await verify(`${lastEvent.seq}:${"0".repeat(64)}`);
    expect(other.body).toMatchObject({ ok: false, break: { kind: "EXPECTED_HEAD", seq: lastEvent.seq } });
    expect((await verify("17")).status).toBe(400);
    const { data } = (await tenant.api.get("/v1/audit-events?action=audit.verified&outcome=failure")).body;
    expect(data).toMatchObject([{ details: { break: { kind: "EXPECTED_HEAD" } } }]);
  });

  it("is exported whole, so that anybody can verify the lines with the public key", async () => {
    await fill(700);
    const answer = await tenant.api.get("/v1/audit-events/export");
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = linesOf(answer.text);
    const end = lines.pop();
    expect(end).toMatchObject({ events: lines.length, filtered: false, unsealed: 0, head: { seq: lines.length } });
    // What takes the audit away is in it.
    expect(lines.at(-1)).toMatchObject({ action: "audit.exported", actor: { apiKeyId: expect.any(String) } });
    const verifier = new AuditChainVerifier();
    for (const line of lines as ChainedAuditEvent[]) verifier.add(line);
    expect(verifier.end(end.head)).toMatchObject({ ok: true, events: lines.length });
  });

  it("is exported and listed as a filter says", async () => {
    await fill(2);
    const names = async (query: string) => {
      const exported = linesOf((await tenant.api.get(`/v1/audit-events/export?${query}`)).text);
      expect(exported.at(-1)).toMatchObject({ filtered: true, events: exported.length - 1 });
      const listed = (await tenant.api.get(`/v1/audit-events?${query}`)).body.data;
      expect(exported.slice(0, -1).map(({ id }) => id)).toEqual(listed.map(({ id }: { id: string }) => id).reverse());
      return listed.map(({ action }: { action: string }) => action);
    };
    expect(await names("action=thing.done")).toEqual(["thing.done", "thing.done"]);
    expect(await names("requestId=made-a-connector")).toEqual(["connector.created", "api_key.used"]);
    expect(await names("targetType=tenant&outcome=success")).toEqual(["tenant.created"]);
    expect(await names("until=2020-01-01T00:00:00Z")).toEqual([]);
    const { actor } = (await tenant.api.get("/v1/audit-events?action=connector.created")).body.data[0];
    expect(await names(`actorApiKeyId=${actor.apiKeyId}&action=connector.created`)).toEqual(["connector.created"]);
    expect(await names(`actorUserId=${crypto.randomUUID()}`)).toEqual([]);
  });

  it("is signed with the key that comes of the new data key, once keys were rotated", async () => {
    const before = (await tenant.api.get("/v1/audit-events/verify")).body;
    await new ApiClient(service.url, platformKey).post("/v1/keys/rotate", { dataKeys: true });
    await service.keyRotations.runOnce();
    await new AuditSealer(service.services).runOnce();
    const after = (await tenant.api.get(`/v1/audit-events/verify?expectHead=${before.head.seq}:${before.head.hash}`))
      .body;
    expect(after).toMatchObject({ ok: true, keyHeld: true });
    expect(after.head.keyId).not.toBe(before.head.keyId);
    expect(after.publicKeys).toEqual([before.head.publicKey, after.head.publicKey]);
    const { data } = (await tenant.api.get("/v1/audit-events?action=audit.end_unproven")).body;
    expect(data).toEqual([]);
    // Whoever has noted the first public key, and knows nothing else, verifies all of it.
    const lines = linesOf((await tenant.api.get("/v1/audit-events/export")).text);
    const end = lines.pop();
    const verifier = new AuditChainVerifier({ publicKey: before.head.publicKey });
    for (const line of lines as ChainedAuditEvent[]) verifier.add(line);
    expect(verifier.end(end.head)).toMatchObject({ ok: true, events: lines.length });
  });

  it("of the platform is verified, exported and listed with the platform key, and that is in it", async () => {
    const platform = new ApiClient(service.url, platformKey);
    await service.createTenant();
    const { status, body } = await platform.get("/v1/platform/audit-events/verify", { "x-request-id": "verified-it" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: true, keyHeld: true, head: { tenantId: "00000000-0000-0000-0000-000000000000" } });
    const lines = linesOf((await platform.get("/v1/platform/audit-events/export")).text);
    const end = lines.pop();
    const verifier = new AuditChainVerifier({ head: body.lastEvent, publicKey: body.head.publicKey });
    for (const line of lines as ChainedAuditEvent[]) verifier.add(line);
    expect(verifier.end(end.head)).toMatchObject({ ok: true, events: end.events });
    expect(lines.map(({ action }) => action)).toContain("tenant.created");
    await platform.get(`/v1/platform/audit-events/export?tenantId=${tenant.tenantId}`);
    const { data } = (await platform.get("/v1/platform/audit-events?limit=3")).body;
    expect(data).toMatchObject([
      { action: "audit.exported", target: { type: "audit", id: tenant.tenantId }, chain: null },
      { action: "audit.exported", target: { type: "audit", id: null }, chain: { seq: end.events } },
      { action: "audit.verified", outcome: "success", requestId: "verified-it", ip: "127.0.0.1" },
    ]);
  });

  it("outlives its tenant: what was done last is sealed, and the public key still verifies", async () => {
    const platform = new ApiClient(service.url, platformKey);
    const { name } = (await platform.get("/v1/tenants?limit=200")).body.data.find(
      ({ id }: { id: string }) => id === tenant.tenantId,
    );
    const kept = (await tenant.api.get("/v1/audit-events/verify")).body.head;
    expect((await platform.send("DELETE", `/v1/tenants/${tenant.tenantId}`, { name }, {})).status).toBe(200);
    const { body } = await platform.get(`/v1/platform/audit-events/verify?tenantId=${tenant.tenantId}`);
    expect(body).toMatchObject({ ok: true, keyHeld: false, unsealed: { events: 0 } });
    expect(body.events).toBeGreaterThan(kept.seq);
    expect(body.head.publicKey).toBe(kept.publicKey);
  });

  it("says of changes whether a row changed, in digests that only the tenant's key makes", async () => {
    const person = { email: "vera@example.com", name: "Vera", roles: ["viewer"] };
    const { id } = (await tenant.api.post("/v1/users", person)).body;
    await tenant.api.patch(`/v1/users/${id}`, { name: "Vera" });
    await tenant.api.patch(`/v1/users/${id}`, { name: "Valentina" });
    const { data } = (await tenant.api.get(`/v1/audit-events?targetId=${id}`)).body;
    const [renamed, same, created] = data.map(({ details }: { details: object }) => details);
    expect(created).toEqual({ roles: ["viewer"], after: expect.stringMatching(/^hmac-sha256\//) });
    expect([same.before, same.after, renamed.before]).toEqual([created.after, created.after, created.after]);
    expect(renamed.after).not.toBe(renamed.before);
    // It can be made again from the row as it stands, by who has the key.
    const said = { email: person.email, name: "Valentina", roles: ["viewer"], identity: null, disabledAt: null };
    const place = { tenantId: tenant.tenantId, table: "users", recordId: id, field: "said" };
    expect(await service.services.vault.matchesDigest(renamed.after, said, place)).toBe(true);
  });

  it("holds no secret in any form, whatever secrets were given", async () => {
    const secrets = {
      clientSecret: `planted-client-secret-${crypto.randomUUID()}`,
      inbound: `planted-inbound-secret-${crypto.randomUUID()}`,
      token: `planted-start-token-${crypto.randomUUID()}`,
    };
    const credentials = { clientId: service.sandbox.client.id, clientSecret: secrets.clientSecret };
    const made = await tenant.api.post("/v1/connectors", sandboxConnector(service, { credentials }));
    const path = `/v1/connectors/${made.body.id}`;
    await tenant.api.patch(path, { credentials }, { "if-match": '"1"' });
    await tenant.api.post(`${path}/authorize`);
    await tenant.api.post(`${path}/test`);
    await tenant.api.run(made.body.id, "query", { soql: secrets.clientSecret });
    await tenant.api.run(made.body.id, "records.create", { sobject: "Account", record: { Name: secrets.token } });
    const endpoint = { type: "salesforce", name: "x", environment: "sandbox", secret: secrets.inbound };
    await tenant.api.post("/v1/inbound-endpoints", endpoint);
    const { id, key } = (await tenant.api.post("/v1/api-keys", { name: "x" })).body;
    const rotated = (await tenant.api.post(`/v1/api-keys/${id}/rotate`, {})).body.key;
    await service.services.readSums.flush();
    const { text } = await tenant.api.get("/v1/audit-events/export");
    expect(text).toContain("operation.begun");
    for (const secret of [...Object.values(secrets), key, rotated, tenant.apiKey]) {
      const bytes = Buffer.from(secret);
      const hash = createHash("sha256").update(bytes);
      const forms = [secret, bytes.toString("base64").slice(0, -4), bytes.toString("hex"), hash.copy().digest("hex")];
      for (const form of [...forms, hash.copy().digest("base64url")]) expect(text).not.toContain(form);
    }
  });

  it("is exported and verified by the platform, too", async () => {
    const platform = new ApiClient(service.url, platformKey);
    const exported = linesOf((await platform.get(`/v1/platform/audit-events/export?tenantId=${tenant.tenantId}`)).text);
    expect(exported.map(({ action }) => action)).toContain("connector.created");
    const { body } = await platform.get(`/v1/platform/audit-events/verify?tenantId=${tenant.tenantId}`);
    expect(body).toMatchObject({ ok: true, events: exported.length - 1 });
  });
});
