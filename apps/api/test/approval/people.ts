import type pg from "pg";
import type { Role } from "../../src/repositories/index.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import type { ServerDatabase } from "../support/server-database.js";
import type { TestService, TestTenantClient } from "../support/service.js";

/** Somebody with a key. */
export interface Person {
  readonly userId: string;
  readonly api: ApiClient;
}

/** Who takes part in a change. */
export interface People {
  readonly tenant: TestTenantClient;
  readonly admin: Person;
  readonly editor: Person;
  readonly approver: Person;
  readonly secondApprover: Person;
}

/** Adds somebody with these roles. */
export async function addPerson(service: TestService, tenant: TestTenantClient, roles: Role[]): Promise<Person> {
  const person = { email: `${crypto.randomUUID()}@example.com`, name: roles.join(" and "), roles };
  const { id: userId } = (await tenant.api.post("/v1/users", person)).body;
  return { userId, api: await addKey(service, tenant, userId) };
}

/** Another key of somebody. */
export async function addKey(service: TestService, tenant: TestTenantClient, userId: string): Promise<ApiClient> {
  const { key } = (await tenant.api.post("/v1/api-keys", { name: "test", userId })).body;
  return new ApiClient(service.url, key);
}

/** A tenant with everybody that an approval needs. */
export async function createPeople(service: TestService): Promise<People> {
  const tenant = await service.createTenant();
  return {
    tenant,
    admin: { userId: tenant.userId, api: tenant.api },
    editor: await addPerson(service, tenant, ["editor"]),
    approver: await addPerson(service, tenant, ["approver"]),
    secondApprover: await addPerson(service, tenant, ["approver"]),
  };
}

/** Approves a request as it is just now. */
export async function approve({ api }: Person, requestId: string): Promise<Answer> {
  const { headers } = await api.get(`/v1/change-requests/${requestId}`);
  return api.post(`/v1/change-requests/${requestId}/approve`, undefined, { "if-match": headers.get("etag") ?? "" });
}

/** The connector with its ETag, as an editor reads it. */
export async function readConnector({ editor }: People, id: string) {
  const { status, body, headers } = await editor.api.get(`/v1/connectors/${id}`);
  return { status, connector: body, ifMatch: { "if-match": headers.get("etag") ?? "" } };
}

/** A connector of production: asked for by the editor, approved by the approver. */
export async function createProduction(people: People, body: Record<string, unknown>): Promise<string> {
  const requested = await people.editor.api.post("/v1/connectors", { ...body, environment: "production" });
  if (requested.status !== 202) throw new Error(`Not requested: ${requested.text}`);
  const approved = await approve(people.approver, requested.body.id);
  if (approved.status !== 200) throw new Error(`Not approved: ${approved.text}`);
  return requested.body.target.id;
}

/** One statement that no guard holds back, to see what is really there, or to let time pass. */
export async function pastGuards(
  { server, url }: ServerDatabase,
  sql: string,
  ...values: unknown[]
): Promise<pg.QueryResultRow[]> {
  const client = await server.connectAsSuperuser(url);
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Ends the time of a request. */
export async function letTimePass(database: ServerDatabase, requestId: string): Promise<void> {
  const late = "expires_at = now() - interval '1 second', next_look_at = now() - interval '1 second'";
  await pastGuards(database, `update change_requests set ${late} where id = $1`, requestId);
}
