import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChangeRequestWorker } from "../../src/workers/change-request-worker.js";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, sandboxConnector, startTestService, type TestService } from "../support/service.js";
import {
  addKey,
  approve,
  createPeople,
  createProduction,
  letTimePass,
  type People,
  pastGuards,
  readConnector,
} from "./people.js";

describe("changes of production connectors", () => {
  const get = useServerDatabase();
  let service: TestService;
  let people: People;

  beforeAll(async () => {
    service = await startTestService(get().database);
    people = await createPeople(service);
  });
  afterAll(() => service?.close());

  const body = (changes: Record<string, unknown> = {}) => sandboxConnector(service, changes);

  it("creates a connector of production once somebody else has approved", async () => {
    const wish = body({ environment: "production" });
    const requested = await people.editor.api.post("/v1/connectors", wish);
    expect(requested).toMatchObject({
      status: 202,
      body: { kind: "connector.create", status: "pending", target: { type: "connector", version: null } },
    });
    expect(requested.headers.get("location")).toBe(`/v1/change-requests/${requested.body.id}`);
    const connectorId: string = requested.body.target.id;
    expect((await readConnector(people, connectorId)).status).toBe(404);

    expect(await approve(people.approver, requested.body.id)).toMatchObject({
      status: 200,
      body: { status: "approved", decidedBy: people.approver.userId, requestedBy: people.editor.userId },
    });
    expect((await readConnector(people, connectorId)).connector).toMatchObject({
      code: wish.code,
      environment: "production",
      hasCredentials: true,
      createdBy: people.editor.userId,
      version: 1,
    });
  });

  it("changes exactly what was asked for, with the credentials that were given", async () => {
    const id = await createProduction(people, body());
    const { ifMatch } = await readConnector(people, id);
    const credentials = { clientId: service.sandbox.client.id, clientSecret: "a new secret" };
    const requested = await people.editor.api.patch(`/v1/connectors/${id}`, { name: "Renamed", credentials }, ifMatch);
    expect(requested.status).toBe(202);
    expect((await readConnector(people, id)).connector).toMatchObject({ name: "Our CRM", version: 1 });
    await approve(people.approver, requested.body.id);
    expect((await readConnector(people, id)).connector).toMatchObject({ name: "Renamed", version: 2 });
    const row = await get().database.asTenant(people.tenant.tenantId, (work) => work.connectors.findById(id));
    const place = { tenantId: people.tenant.tenantId, table: "connectors", recordId: id, field: "credentials" };
    expect(await service.services.vault.open(row?.credentials, place)).toEqual(credentials);
  });

  it("shows what changes, of secrets and of the parts of addresses that may hold one only that it does", async () => {
    const id = await createProduction(people, body());
    const { ifMatch } = await readConnector(people, id);
    const change = {
      name: "Renamed",
      active: false,
      configuration: { loginUrl: service.sandbox.url, apiVersion: "v61.0" },
      credentials: { clientId: service.sandbox.client.id, clientSecret: "planted-secret-1" },
    };
    const requested = await people.editor.api.patch(`/v1/connectors/${id}`, change, ifMatch);
    expect(requested.body.diff).toEqual([
      { path: "name", change: "changed", before: "Our CRM", after: "Renamed" },
      { path: "active", change: "changed", before: true, after: false },
      { path: "configuration.apiVersion", change: "changed", before: "v60.0", after: "v61.0" },
      { path: "credentials.clientId", change: "changed" },
      { path: "credentials.clientSecret", change: "changed" },
    ]);
    const read = await people.approver.api.get(`/v1/change-requests/${requested.body.id}`);
    expect(read.text).not.toContain("planted-secret-1");
  });

  it("has a digest of its own for each request, so that nobody can try guesses against another's", async () => {
    const id = await createProduction(people, body());
    const { ifMatch } = await readConnector(people, id);
    const change = { credentials: { clientId: "x", clientSecret: "the same" } };
    const [one, other] = await Promise.all(
      [1, 2].map(() => people.editor.api.patch(`/v1/connectors/${id}`, change, ifMatch)),
    );
    expect(one?.body.payloadDigest).toMatch(/^hmac-sha256\//);
    expect(one?.body.payloadDigest).not.toBe(other?.body.payloadDigest);
  });

  it("does not let the requester decide, with a second key or with other roles by now", async () => {
    const requested = await people.editor.api.post("/v1/connectors", body({ environment: "production" }));
    const { userId } = people.editor;
    await people.admin.api.patch(`/v1/users/${userId}`, { roles: ["editor", "approver"] });
    const second = { userId, api: await addKey(service, people.tenant, userId) };
    for (const key of [people.editor, second]) {
      expect(await approve(key, requested.body.id)).toMatchObject({
        status: 403,
        body: { code: "OWN_CHANGE_REQUEST" },
      });
      const rejected = await key.api.post(`/v1/change-requests/${requested.body.id}/reject`, { reason: "mine" });
      expect(rejected.body.code).toBe("OWN_CHANGE_REQUEST");
    }
    await people.admin.api.patch(`/v1/users/${userId}`, { roles: ["approver"] });
    expect((await approve(second, requested.body.id)).body.code).toBe("OWN_CHANGE_REQUEST");
    await people.admin.api.patch(`/v1/users/${userId}`, { roles: ["editor"] });
    const denied = await people.approver.api.get("/v1/audit-events?outcome=denied&action=change_request.decide");
    expect(denied.body.data).toHaveLength(5);
  });

  it("is not applied any more when the requester lost the right to ask", async () => {
    const requested = await people.editor.api.post("/v1/connectors", body({ environment: "production" }));
    await people.admin.api.patch(`/v1/users/${people.editor.userId}`, { roles: ["viewer"] });
    expect((await approve(people.approver, requested.body.id)).body.code).toBe("CHANGE_REQUEST_STALE");
    await people.admin.api.patch(`/v1/users/${people.editor.userId}`, { roles: ["editor"] });
  });

  it("is approved as it was seen: not after something was said, and not without a word of what was seen", async () => {
    const requested = await people.editor.api.post("/v1/connectors", body({ environment: "production" }));
    const path = `/v1/change-requests/${requested.body.id}`;
    expect((await people.approver.api.post(`${path}/approve`)).status).toBe(428);
    const said = await people.editor.api.post(`${path}/comments`, { text: "Wait, the address is wrong." });
    expect(said).toMatchObject({ status: 201, body: { createdBy: people.editor.userId } });
    const old = await people.approver.api.post(`${path}/approve`, undefined, { "if-match": '"1"' });
    expect(old).toMatchObject({ status: 412, body: { code: "PRECONDITION_FAILED" } });
    const read = await people.approver.api.get(path);
    expect(read.body.comments).toMatchObject([{ text: "Wait, the address is wrong." }]);
    expect((await approve(people.approver, requested.body.id)).status).toBe(200);
  });

  it("is stale once its target has changed, and says so", async () => {
    const id = await createProduction(people, body());
    const { ifMatch } = await readConnector(people, id);
    const ask = (name: string) => people.editor.api.patch(`/v1/connectors/${id}`, { name }, ifMatch);
    const [first, second] = [await ask("First"), await ask("Second")];
    await approve(people.approver, first.body.id);
    const late = await approve(people.approver, second.body.id);
    expect(late).toMatchObject({ status: 409, body: { code: "CHANGE_REQUEST_STALE" } });
    expect((await readConnector(people, id)).connector.name).toBe("First");
    const { body: after } = await people.approver.api.get(`/v1/change-requests/${second.body.id}`);
    expect(after).toMatchObject({ status: "stale", decisionReason: expect.stringContaining("version 1") });
  });

  it("is applied once: an approval that is sent again, and one of two at once, is refused", async () => {
    const id = await createProduction(people, body());
    const { ifMatch } = await readConnector(people, id);
    const { body: request } = await people.editor.api.patch(`/v1/connectors/${id}`, { name: "Once" }, ifMatch);
    const headers = { "if-match": '"1"' };
    const path = `/v1/change-requests/${request.id}/approve`;
    const answers = await Promise.all(
      [people.approver, people.secondApprover].map(({ api }) => api.post(path, undefined, headers)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("CHANGE_REQUEST_DECIDED");
    for (const { api } of [people.approver, people.secondApprover]) {
      expect((await api.post(path, undefined, headers)).body.code).toBe("CHANGE_REQUEST_DECIDED");
      expect((await approve({ api, userId: "" }, request.id)).body.code).toBe("CHANGE_REQUEST_DECIDED");
    }
    expect((await readConnector(people, id)).connector.version).toBe(2);
  });

  it("is rejected with a reason, or taken back by its requester or an administrator; then nothing applies it", async () => {
    const ask = async () =>
      (await people.editor.api.post("/v1/connectors", body({ environment: "production" }))).body.id as string;
    const [rejected, own, others] = [await ask(), await ask(), await ask()];
    const reject = await people.approver.api.post(`/v1/change-requests/${rejected}/reject`, { reason: "Wrong system" });
    expect(reject.body).toMatchObject({ status: "rejected", decisionReason: "Wrong system" });
    expect((await people.approver.api.post(`/v1/change-requests/${own}/cancel`)).status).toBe(403);
    expect((await people.editor.api.post(`/v1/change-requests/${own}/cancel`)).body.status).toBe("withdrawn");
    expect((await people.admin.api.post(`/v1/change-requests/${others}/cancel`)).body.status).toBe("withdrawn");
    for (const id of [rejected, own, others]) {
      expect((await approve(people.approver, id)).body.code).toBe("CHANGE_REQUEST_DECIDED");
      const row = await get().database.asTenant(people.tenant.tenantId, (work) => work.changeRequests.findById(id));
      expect(row?.payload).toBeNull();
    }
  });

  it("expires: at once for whoever approves too late, then for everybody", async () => {
    const { body: request } = await people.editor.api.post("/v1/connectors", body({ environment: "production" }));
    await letTimePass(get(), request.id);
    expect(await approve(people.approver, request.id)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("expired") },
    });
    await new ChangeRequestWorker(service.services).workOff();
    const { body: after } = await people.approver.api.get(`/v1/change-requests/${request.id}`);
    expect(after).toMatchObject({ status: "expired", decidedBy: null });
  });

  it("opens after the tenant's data key was replaced", async () => {
    const { body: request } = await people.editor.api.post("/v1/connectors", body({ environment: "production" }));
    const platform = new ApiClient(service.url, platformKey);
    await platform.post("/v1/keys/rotate", { dataKeys: true });
    expect(await service.keyRotations.runOnce()).toBe(true);
    const [row] = await pastGuards(
      get(),
      "select k.status from change_requests r join data_keys k on k.id = r.payload_key_id where r.id = $1",
      request.id,
    );
    expect(row).toEqual({ status: "active" });
    expect((await approve(people.approver, request.id)).status).toBe(200);
  });

  it("leaves no secret in any row, log line or answer of it", async () => {
    const credentials = { clientId: "planted-client", clientSecret: "planted-secret-3" };
    const wish = body({ environment: "production", credentials });
    const { body: request } = await people.editor.api.post("/v1/connectors", wish);
    const sealed = await pastGuards(get(), "select to_jsonb(r)::text as row from change_requests r");
    await approve(people.approver, request.id);
    const rest = await pastGuards(
      get(),
      `select to_jsonb(r)::text as row from change_requests r union all select to_jsonb(a)::text from audit_events a
        union all select to_jsonb(o)::text from outbox_events o union all select to_jsonb(c)::text from connectors c`,
    );
    const read = await people.approver.api.get(`/v1/change-requests/${request.id}`);
    const texts = [...sealed, ...rest].map(({ row }) => String(row));
    for (const text of [...texts, ...service.logLines, read.text]) expect(text).not.toContain("planted-secret-3");
  });

  it("is in the audit and told to the outside, step by step", async () => {
    const { body: request } = await people.editor.api.post("/v1/connectors", body({ environment: "production" }));
    await people.approver.api.post(`/v1/change-requests/${request.id}/comments`, { text: "Fine." });
    await approve(people.approver, request.id);
    const of = async (id: string) =>
      (await people.admin.api.get(`/v1/audit-events?targetId=${id}`)).body.data.map(
        ({ action, actor }: { action: string; actor: { userId: string } }) => [action, actor.userId],
      );
    const [editor, approver] = [people.editor.userId, people.approver.userId];
    expect(await of(request.id)).toEqual([
      ["change_request.approved", approver],
      ["change_request.commented", approver],
      ["change_request.requested", editor],
    ]);
    expect(await of(request.target.id)).toEqual([["connector.created", approver]]);
    const told = await pastGuards(
      get(),
      "select type from outbox_events where connector_id = $1 order by id",
      request.target.id,
    );
    expect(told.map(({ type }) => type)).toEqual([
      "change_request.requested",
      "change_request.commented",
      "change_request.approved",
    ]);
  });
});
