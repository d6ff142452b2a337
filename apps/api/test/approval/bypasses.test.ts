import { quickbooks } from "@isthmus/quickbooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { type DocumentedCall, listCalls } from "../support/document-calls.js";
import { useServerDatabase } from "../support/server-database.js";
import { sandboxConnector, startTestService, type TestService } from "../support/service.js";
import { addPerson, approve, createPeople, createProduction, type People, type Person, pastGuards } from "./people.js";

/** Where a route of the document is tried: at a connector of production, a deleted one, an endpoint; or it is of none of them. */
type Aim = "connector" | "deleted connector" | "endpoint" | "something new" | "none of them";

// Every call of the document that changes something, with a body that is worth trying. A new route fails here until somebody
// has said whether it could change a production connector.
const tries: Readonly<Record<string, readonly [Aim, ...bodies: unknown[]]>> = {
  "POST /v1/connectors": ["something new"],
  "PATCH /v1/connectors/{id}": [
    "connector",
    { name: "Changed" },
    { active: false },
    { environment: "sandbox" },
    { environment: "sandbox", name: "Changed" },
    { code: "changed" },
    { configuration: { apiVersion: "v61.0" } },
    { credentials: { clientId: "changed" } },
    { externalSystemUrl: "https://test.salesforce.com", credentials: { clientId: "changed" } },
    { authenticationMethod: "oauth2_client_credentials", credentials: { clientId: "x", clientSecret: "x" } },
  ],
  "DELETE /v1/connectors/{id}": ["connector", undefined],
  "POST /v1/connectors/{id}/restore": ["deleted connector", undefined, { code: "changed" }],
  "POST /v1/connectors/{id}/purge": ["connector", undefined],
  "POST /v1/connectors/{id}/authorize": ["connector", {}],
  "POST /v1/connectors/{id}/test": ["connector", undefined],
  "POST /v1/connectors/{id}/refresh": ["connector", undefined],
  "POST /v1/connectors/{id}/disconnect": ["connector", undefined],
  "POST /v1/inbound-endpoints": ["something new"],
  "PATCH /v1/inbound-endpoints/{id}": [
    "endpoint",
    { name: "Changed" },
    { active: false },
    { secret: "changed" },
    { secret: "changed", keepFormerSecrets: false },
    { environment: "sandbox" },
  ],
  "DELETE /v1/inbound-endpoints/{id}": ["endpoint", undefined],
  // What they decide about is tried below and in approve.test.ts.
  "POST /v1/change-requests/{id}/approve": ["connector", undefined],
  "POST /v1/change-requests/{id}/reject": ["connector", { reason: "x" }],
  "POST /v1/change-requests/{id}/cancel": ["connector", undefined],
  "POST /v1/change-requests/{id}/comments": ["connector", { text: "x" }],
  // Schedules have a test of their own: syncs/production-schedules.test.ts.
  "POST /v1/connectors/{id}/schedules": ["none of them"],
  "PATCH /v1/schedules/{id}": ["none of them"],
  "DELETE /v1/schedules/{id}": ["none of them"],
  "POST /v1/schedules/{id}/run": ["none of them"],
  "POST /v1/sync-runs/{id}/cancel": ["none of them"],
  "POST /v1/operation-runs/{id}/cancel": ["none of them"],
  // What is done at the vendor, with its records, is done with the connector as it is.
  "POST /v1/connectors/{id}/records": ["none of them"],
  "POST /v1/webhooks": ["none of them"],
  "PATCH /v1/webhooks/{id}": ["none of them"],
  "DELETE /v1/webhooks/{id}": ["none of them"],
  "POST /v1/webhooks/{id}/rotate-secret": ["none of them"],
  "POST /v1/webhooks/{id}/test": ["none of them"],
  "POST /v1/webhooks/{id}/replay": ["none of them"],
  "POST /v1/deliveries/{id}/replay": ["none of them"],
  "POST /v1/users": ["none of them"],
  "PATCH /v1/users/{id}": ["none of them"],
  "POST /v1/api-keys": ["none of them"],
  "POST /v1/api-keys/{id}/rotate": ["none of them"],
  "DELETE /v1/api-keys/{id}": ["none of them"],
  "POST /v1/identity-providers": ["none of them"],
  "PATCH /v1/identity-providers/{id}": ["none of them"],
  "DELETE /v1/identity-providers/{id}": ["none of them"],
  "POST /v1/identity-providers/{id}/test": ["none of them"],
};

describe("no way around an approval", () => {
  const get = useServerDatabase();
  let service: TestService;
  let people: People;
  /** Admin, editor and approver in one person, who asks for everything. */
  let mighty: Person;
  let connectorId: string;
  let deletedId: string;
  let endpointId: string;
  let calls: readonly DocumentedCall[];

  beforeAll(async () => {
    service = await startTestService(get().database, { connectors: [quickbooks] });
    people = await createPeople(service);
    mighty = await addPerson(service, people.tenant, ["admin", "editor", "approver"]);
    connectorId = await createProduction(people, sandboxConnector(service));
    deletedId = await createProduction(people, sandboxConnector(service));
    const deletion = await people.editor.api.delete(`/v1/connectors/${deletedId}`);
    expect(deletion).toMatchObject({ status: 202, body: { kind: "connector.delete" } });
    expect((await approve(people.approver, deletion.body.id)).status).toBe(200);
    const endpoint = { type: "quickbooks", name: "Hooks", environment: "production", secret: "the first" };
    const wish = await people.editor.api.post("/v1/inbound-endpoints", endpoint);
    expect((await approve(people.approver, wish.body.id)).status).toBe(200);
    endpointId = wish.body.target.id;
    const keyed = listCalls((await people.admin.api.get("/openapi.json")).body).filter(
      ({ method, security }) => method !== "GET" && security.includes("apiKey"),
    );
    // What is done at the vendor, with its records, is done with the connector as it is.
    calls = keyed.filter(({ path }) => !path.startsWith("/v1/connectors/{id}/operations/"));
  });
  afterAll(() => service?.close());

  const nameOf = ({ method, path }: DocumentedCall) => `${method} ${path}`;
  /** Everything of production that is somebody's decision. */
  const look = async () => ({
    connectors: await pastGuards(
      get(),
      `select id, connector_code, connector_name, external_system_url, authentication_method, credentials, configuration,
        environment, version, is_active, bound_account_id, deleted_at
      from connectors where tenant_id = $1 order by id`,
      people.tenant.tenantId,
    ),
    endpoints: await pastGuards(
      get(),
      "select id, name, environment, secrets, is_active, version from inbound_endpoints where tenant_id = $1 order by id",
      people.tenant.tenantId,
    ),
  });

  async function send(call: DocumentedCall, aim: Aim, body: unknown): Promise<Answer> {
    const ids = { connector: connectorId, "deleted connector": deletedId, endpoint: endpointId };
    const id = aim in ids ? Reflect.get(ids, aim) : crypto.randomUUID();
    const at = aim === "endpoint" ? `/v1/inbound-endpoints/${id}` : `/v1/connectors/${id}`;
    const etag = (await mighty.api.get(at)).headers.get("etag");
    const headers: Record<string, string> = etag === null ? {} : { "if-match": etag };
    return mighty.api.send(call.method, call.path.replace("{id}", id), body, headers);
  }

  it("is tried at every route that changes something", () => {
    const unknown = calls.map(nameOf).filter((name) => tries[name] === undefined);
    expect(unknown).toEqual([]);
  });

  it("changes nothing of production by any route, whoever sends it alone", async () => {
    const before = await look();
    for (const call of calls) {
      const [aim, ...bodies] = tries[nameOf(call)] ?? ["none of them"];
      if (aim === "none of them" || aim === "something new") continue;
      for (const body of bodies) {
        const answer = await send(call, aim, body);
        const said = `${nameOf(call)} ${JSON.stringify(body)} → ${answer.status} ${answer.text.slice(0, 300)}`;
        expect(await look(), said).toEqual(before);
        if (call.path.startsWith("/v1/change-requests/")) continue;
        const isConnection = /\/(authorize|test|refresh|disconnect)$/.test(call.path);
        if (!isConnection && answer.status !== 400) expect(answer.status, said).toBe(202);
      }
    }
  });

  it("makes nothing of production at once, nor by one person alone", async () => {
    const before = await look();
    const connector = await mighty.api.post("/v1/connectors", sandboxConnector(service, { environment: "production" }));
    const body = { type: "quickbooks", name: "More", environment: "production" };
    const endpoint = await mighty.api.post("/v1/inbound-endpoints", body);
    for (const { status, body: request } of [connector, endpoint]) {
      expect(status).toBe(202);
      expect((await approve(mighty, request.id)).body.code).toBe("OWN_CHANGE_REQUEST");
    }
    expect(await look()).toEqual(before);
  });

  it("lets no connector become one of production, or stop being one, by its environment", async () => {
    const made = await mighty.api.post("/v1/connectors", sandboxConnector(service));
    const path = `/v1/connectors/${made.body.id}`;
    const wish = await mighty.api.patch(path, { environment: "production", name: "x" }, { "if-match": '"1"' });
    expect(wish).toMatchObject({ status: 202, body: { target: { version: 1 } } });
    expect((await mighty.api.get(path)).body).toMatchObject({ environment: "sandbox", version: 1 });
    expect((await approve(people.approver, wish.body.id)).status).toBe(200);
    expect((await mighty.api.get(path)).body.environment).toBe("production");
    const back = await mighty.api.patch(path, { environment: "sandbox" }, { "if-match": '"2"' });
    expect(back.status).toBe(202);
    // What was asked for while it was one of the sandbox, and what is asked for now, both need the same.
    expect((await mighty.api.patch(path, { name: "y" }, { "if-match": '"2"' })).status).toBe(202);
    expect((await mighty.api.delete(path)).status).toBe(202);
  });

  it("takes along no other account than the one that a connector had when it was to become one of production", async () => {
    const made = await mighty.api.post("/v1/connectors", sandboxConnector(service));
    const path = `/v1/connectors/${made.body.id}`;
    const wish = await mighty.api.patch(path, { environment: "production" }, { "if-match": '"1"' });
    const { authorizationUrl } = (await mighty.api.post(`${path}/authorize`, {})).body;
    expect((await new TestBrowser().follow(authorizationUrl)).text).toContain("is now connected");
    const late = await approve(people.approver, wish.body.id);
    expect(late).toMatchObject({ status: 409, body: { code: "CHANGE_REQUEST_STALE" } });
    const again = await mighty.api.patch(path, { environment: "production" }, { "if-match": '"1"' });
    const account = expect.objectContaining({ path: "account", change: "added" });
    expect(again.body.diff).toContainEqual(account);
    expect((await approve(people.approver, again.body.id)).status).toBe(200);
  });

  it("deletes and restores once somebody else has approved, and only what was there then", async () => {
    const restore = await people.editor.api.post(`/v1/connectors/${deletedId}/restore`, { code: "back-again" });
    expect(restore).toMatchObject({ status: 202, body: { kind: "connector.restore" } });
    expect((await approve(people.approver, restore.body.id)).status).toBe(200);
    expect((await mighty.api.get(`/v1/connectors/${deletedId}`)).body).toMatchObject({
      code: "back-again",
      version: 3,
    });
    const purge = await people.editor.api.post(`/v1/connectors/${deletedId}/purge`);
    const change = await people.editor.api.patch(`/v1/connectors/${deletedId}`, { name: "x" }, { "if-match": '"3"' });
    await approve(people.approver, change.body.id);
    expect((await approve(people.approver, purge.body.id)).body.code).toBe("CHANGE_REQUEST_STALE");
    expect((await mighty.api.get(`/v1/connectors/${deletedId}`)).status).toBe(200);
  });

  it("changes an endpoint's secrets as they were asked for, and its deletion once", async () => {
    const path = `/v1/inbound-endpoints/${endpointId}`;
    const etag = (await mighty.api.get(path)).headers.get("etag") ?? "";
    const body = { secret: "planted-secret-2", keepFormerSecrets: false };
    const wish = await people.editor.api.patch(path, body, { "if-match": etag });
    expect(wish.text).not.toContain("planted-secret-2");
    expect(wish.body.diff).toEqual([
      { path: "secret", change: "added" },
      { path: "formerSecrets", change: "removed" },
    ]);
    expect((await approve(people.approver, wish.body.id)).status).toBe(200);
    expect((await mighty.api.get(path)).body).toMatchObject({ secretCount: 1, version: 2 });
    const deletions = [await people.editor.api.delete(path), await people.editor.api.delete(path)];
    const codes = [];
    for (const { body: request } of deletions) codes.push((await approve(people.approver, request.id)).status);
    expect(codes).toEqual([200, 409]);
    expect((await mighty.api.get(path)).status).toBe(404);
  });
});
