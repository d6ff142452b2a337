import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ChangeRequestWorker } from "../../src/workers/change-request-worker.js";
import { PurgeWorker } from "../../src/workers/purge-worker.js";
import type { Answer } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService } from "../support/service.js";
import {
  approve,
  createPeople,
  createProduction,
  letTimePass,
  type People,
  pastGuards,
  readConnector,
} from "./people.js";

const reason = { "isthmus-emergency": "The vendor has locked our client" };

describe("a change of production in an emergency", () => {
  const get = useServerDatabase();
  let service: TestService;
  let people: People;
  let id: string;
  let path: string;

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks] });
    people = await createPeople(service);
  });
  afterAll(() => service?.close());
  beforeEach(async () => {
    id = await createProduction(people, sandboxConnector(service));
    path = `/v1/connectors/${id}`;
  });

  const patch = (body: object, version = 1): Promise<Answer> =>
    people.admin.api.patch(path, body, { ...reason, "if-match": `"${version}"` });
  const requestOf = ({ headers }: Answer): string => headers.get("isthmus-change-request")?.split("/").at(-1) ?? "";
  const read = async (requestId: string) => (await people.approver.api.get(`/v1/change-requests/${requestId}`)).body;
  const row = async () => (await pastGuards(get(), "select * from connectors where id = $1", id))[0];
  const credentials = async () => {
    const place = { tenantId: people.tenant.tenantId, table: "connectors", recordId: id, field: "credentials" };
    return service.services.vault.open((await row())?.credentials, place);
  };
  async function rollBackInTime(requestId: string): Promise<void> {
    await letTimePass(get(), requestId);
    await new ChangeRequestWorker(service.services).workOff();
  }

  it("is applied at once for an administrator who says why, and nobody can overhear it", async () => {
    const heard: unknown[] = [];
    const stop = service.services.events.on("change.emergency", (event) => void heard.push(event));
    const changed = await patch({ name: "Now" });
    stop();
    expect(changed).toMatchObject({ status: 200, body: { name: "Now", version: 2 } });
    const requestId = requestOf(changed);
    expect(await read(requestId)).toMatchObject({
      status: "emergency",
      emergency: { reason: reason["isthmus-emergency"], confirmedBy: null },
    });
    expect(heard).toEqual([
      expect.objectContaining({ changeRequestId: requestId, reason: reason["isthmus-emergency"] }),
    ]);
    const line = service.logLines.find((each) => each.includes(requestId) && each.includes("in an emergency"));
    expect(JSON.parse(line ?? "{}")).toMatchObject({ level: 40, reason: reason["isthmus-emergency"] });
    const told = await pastGuards(
      get(),
      "select type from outbox_events where payload ->> 'changeRequestId' = $1",
      requestId,
    );
    expect(told).toEqual([{ type: "change_request.emergency" }]);
    const { data } = (await people.approver.api.get(`/v1/audit-events?targetId=${requestId}`)).body;
    expect(data).toMatchObject([
      { action: "change_request.emergency", details: { reason: reason["isthmus-emergency"] } },
    ]);
  });

  it("is for administrators only, and not without a word", async () => {
    const headers = { ...reason, "if-match": '"1"' };
    expect((await people.editor.api.patch(path, { name: "x" }, headers)).body.code).toBe("FORBIDDEN");
    expect((await people.admin.api.patch(path, { name: "x" }, { ...headers, "isthmus-emergency": " " })).status).toBe(
      400,
    );
    expect((await row())?.version).toBe(1);
  });

  it("stands once two approvers have confirmed it, of whom neither asked for it", async () => {
    const requestId = requestOf(await patch({ name: "Now" }));
    await people.admin.api.patch(`/v1/users/${people.admin.userId}`, { roles: ["admin", "approver"] });
    expect((await approve(people.admin, requestId)).body.code).toBe("OWN_CHANGE_REQUEST");
    expect((await approve(people.approver, requestId)).body).toMatchObject({
      status: "emergency",
      emergency: { confirmedBy: people.approver.userId },
    });
    expect((await approve(people.approver, requestId)).body.code).toBe("OWN_CHANGE_REQUEST");
    expect((await approve(people.secondApprover, requestId)).body.status).toBe("confirmed");
    await rollBackInTime(requestId);
    expect((await readConnector(people, id)).connector).toMatchObject({ name: "Now", version: 2 });
    const [stored] = await pastGuards(get(), "select payload from change_requests where id = $1", requestId);
    expect(stored).toEqual({ payload: null });
  });

  it("is rolled back exactly when one approver alone has confirmed it in time", async () => {
    const before = await row();
    const secrets = await credentials();
    const change = {
      name: "Now",
      active: false,
      configuration: { loginUrl: service.sandbox.url, apiVersion: "v61.0" },
      credentials: { clientId: "other", clientSecret: "other" },
    };
    const requestId = requestOf(await patch(change));
    await approve(people.approver, requestId);
    expect(await credentials()).toEqual(change.credentials);
    await rollBackInTime(requestId);
    expect(await read(requestId)).toMatchObject({ status: "rolled_back", decidedBy: null });
    const settings = ["connector_name", "is_active", "configuration", "external_system_url", "environment"];
    const after = await row();
    for (const name of settings) expect(after?.[name], name).toEqual(before?.[name]);
    expect(await credentials()).toEqual(secrets);
    expect(after?.version).toBe(3);
    expect((await approve(people.secondApprover, requestId)).body.code).toBe("CHANGE_REQUEST_DECIDED");
    const line = service.logLines.find((each) => each.includes(requestId) && each.includes("was rolled back"));
    expect(JSON.parse(line ?? "{}").level).toBe(40);
    const { data } = (await people.approver.api.get(`/v1/audit-events?targetId=${id}`)).body;
    expect(data[0]).toMatchObject({
      action: "connector.updated",
      actor: null,
      details: { changeRequestId: requestId },
    });
  });

  it("is not confirmed any more once its time is over", async () => {
    const requestId = requestOf(await patch({ name: "Now" }));
    await approve(people.approver, requestId);
    await letTimePass(get(), requestId);
    expect((await approve(people.secondApprover, requestId)).body.code).toBe("CHANGE_REQUEST_DECIDED");
    expect((await read(requestId)).status).toBe("emergency");
  });

  it("keeps everything else from changing its target, also one that it has made one of the sandbox", async () => {
    const requestId = requestOf(await patch({ environment: "sandbox" }));
    const refusal = {
      status: 409,
      body: { code: "EMERGENCY_UNCONFIRMED", detail: expect.stringContaining(requestId) },
    };
    expect(await people.editor.api.patch(path, { name: "x" }, { "if-match": '"2"' })).toMatchObject(refusal);
    expect(await people.editor.api.delete(path)).toMatchObject(refusal);
    expect(await people.editor.api.post(`${path}/purge`)).toMatchObject(refusal);
    expect(await patch({ environment: "production" }, 2)).toMatchObject(refusal);
    await people.approver.api.post(`/v1/change-requests/${requestId}/reject`, { reason: "No" });
    expect((await people.editor.api.patch(path, { name: "x" }, { "if-match": '"3"' })).status).toBe(202);
  });

  it("leaves no connection behind that it was not there for", async () => {
    const authorize = async () => {
      const { authorizationUrl } = (await people.editor.api.post(`${path}/authorize`, {})).body;
      return new TestBrowser().follow(authorizationUrl);
    };
    await authorize();
    const elsewhere = "account_id = 'elsewhere', bound_account_id = 'elsewhere'";
    await pastGuards(get(), `update connectors set ${elsewhere} where id = $1`, id);
    const requestId = requestOf(await patch({ environment: "sandbox" }));
    expect((await authorize()).text).toContain("is now connected");
    await people.approver.api.post(`/v1/change-requests/${requestId}/reject`, { reason: "No" });
    expect(await row()).toMatchObject({ environment: "production", account_id: null, bound_account_id: "elsewhere" });
    expect((await people.editor.api.post(`${path}/test`)).body.ok).toBe(false);
    expect((await authorize()).text).toContain("Waiting for approval");
  });

  it("is undone at once when an approver rejects it, or its requester takes it back", async () => {
    const rejected = requestOf(await patch({ name: "Now" }));
    const answer = await people.approver.api.post(`/v1/change-requests/${rejected}/reject`, { reason: "Not urgent" });
    expect(answer.body).toMatchObject({ status: "rolled_back", decisionReason: "It was rejected: Not urgent" });
    expect((await row())?.connector_name).toBe("Our CRM");
    const withdrawn = requestOf(await patch({ name: "Again" }, 3));
    expect((await people.admin.api.post(`/v1/change-requests/${withdrawn}/cancel`)).body.status).toBe("rolled_back");
    expect(await row()).toMatchObject({ connector_name: "Our CRM", version: 5 });
  });

  it("is undone for a new connector, a deletion, and what becomes of an endpoint", async () => {
    const made = await people.admin.api.post(
      "/v1/connectors",
      sandboxConnector(service, { environment: "production" }),
      reason,
    );
    expect(made.status).toBe(201);
    await rollBackInTime(requestOf(made));
    expect((await people.admin.api.get(`/v1/connectors/${made.body.id}`)).status).toBe(404);

    const deleted = await people.admin.api.delete(path, reason);
    expect(deleted.status).toBe(204);
    expect((await people.admin.api.get(path)).status).toBe(404);
    await rollBackInTime(requestOf(deleted));
    expect((await people.admin.api.get(path)).body).toMatchObject({ id, hasCredentials: true, version: 3 });

    const body = { type: "quickbooks", name: "Hooks", environment: "production", secret: "first" };
    const endpoint = await people.admin.api.post("/v1/inbound-endpoints", body, reason);
    const at = `/v1/inbound-endpoints/${endpoint.body.id}`;
    for (const each of [people.approver, people.secondApprover]) await approve(each, requestOf(endpoint));
    const change = { secret: "second", keepFormerSecrets: false, active: false };
    const changed = await people.admin.api.patch(at, change, { ...reason, "if-match": '"1"' });
    expect(changed.body).toMatchObject({ active: false, version: 2 });
    await rollBackInTime(requestOf(changed));
    expect((await people.admin.api.get(at)).body).toMatchObject({ active: true, secretCount: 1, version: 3 });
  });

  it("keeps a purge away from a deletion until it is confirmed or undone, also when the time of restores is over by then", async () => {
    const purges = new PurgeWorker(service.services);
    const letRetentionEnd = () =>
      pastGuards(get(), "update connector_deletions set purge_at = clock_timestamp() where connector_id = $1", id);
    const undone = await people.admin.api.delete(path, reason);
    await letRetentionEnd();
    expect(await purges.beginDue()).toBe(0);
    const restore = `${path}/restore`;
    expect((await people.editor.api.post(restore)).body.code).toBe("EMERGENCY_UNCONFIRMED");
    await rollBackInTime(requestOf(undone));
    expect((await people.admin.api.get(path)).body).toMatchObject({ id, version: 3 });
    const confirmed = await people.admin.api.delete(path, { ...reason, "if-match": '"3"' });
    await letRetentionEnd();
    for (const each of [people.approver, people.secondApprover]) await approve(each, requestOf(confirmed));
    expect(await purges.beginDue()).toBe(1);
    await purges.settle();
    expect(await row()).toBeUndefined();
  });

  it("is refused where nothing leads back, saying what can be done", async () => {
    const purge = await people.admin.api.post(`${path}/purge`, undefined, reason);
    expect(purge).toMatchObject({
      status: 422,
      body: { code: "EMERGENCY_UNSUPPORTED", detail: expect.stringContaining("active: false") },
    });
    expect((await row())?.version).toBe(1);
  });

  it("switches off what cannot be brought back, and says so loudly", async () => {
    const former = (await row())?.connector_code;
    const requestId = requestOf(await patch({ code: `moved-${crypto.randomUUID().slice(0, 8)}` }));
    await people.editor.api.post("/v1/connectors", sandboxConnector(service, { code: former }));
    await rollBackInTime(requestId);
    expect((await read(requestId)).status).toBe("rollback_failed");
    expect(await row()).toMatchObject({ is_active: false, environment: "production" });
    expect(service.logLines.some((line) => line.includes(requestId) && line.includes("was switched off"))).toBe(true);
  });
});
