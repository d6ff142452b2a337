import { createServer } from "node:http";
import { defineConnector } from "@isthmus/core";
import { salesforce } from "@isthmus/salesforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenOnLoopback } from "../../../../packages/core/test/support/listen.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { type DocumentedCall, findMisfits, type JsonSchema, listCalls, responseOf } from "../support/document-calls.js";
import { leaveSalesforceTraces, type SalesforceTraces } from "../support/salesforce-traces.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

/** The same numbers in every run, so that a failure can be looked at. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const rubbish: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  0.1,
  "",
  " ",
  "x".repeat(300),
  "' or 1=1 --",
  "../../etc/passwd",
  "\u202e💥",
  "%00",
  "a\0b",
  "\ud800",
  "2020-13-45T99:99:99Z",
  [],
  [[[]]],
  {},
  { a: { b: [] } },
];

/** A type whose vendor delivers, and which adds no operation to the document. */
const deliverer = defineConnector({
  ...salesforce,
  type: "deliverer",
  operations: () => [],
  inbound: { verify: () => undefined, route: () => [], acknowledge: () => ({ status: 200 }) },
});

describe("every call of the document", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;
  let endpointId: string;
  let providerId: string;
  let keys: { readonly origin: string; close(): Promise<void> };
  let calls: DocumentedCall[];
  const random = seeded(20_261_123);
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;

  beforeAll(async () => {
    keys = await listenOnLoopback(createServer((_request, response) => response.end('{"keys":[]}')));
    const allowedPrivateHosts: string[] = [];
    const settings = { allowedPrivateHosts, sinks: ["smoke"] };
    service = await startTestService(get().database, { connectors: [deliverer], settings });
    allowedPrivateHosts.push(...[service.sandbox.url, keys.origin].map((url) => new URL(url).host));
    tenant = await service.createTenant();
    providerId = (await tenant.api.post("/v1/identity-providers", provider())).body.id;
    connectorId = await connect();
    endpointId = (await tenant.api.post("/v1/inbound-endpoints", endpoint)).body.id;
    calls = listCalls((await tenant.api.get("/openapi.json")).body);
    expect(calls.length).toBeGreaterThan(30);
  });
  afterAll(async () => {
    await service?.close();
    await keys?.close();
  });

  const provider = () => ({
    ...{ name: "smoke", issuer: `https://${crypto.randomUUID()}.example.com`, audience: "smoke" },
    ...{ jwksUri: `${keys.origin}/jwks`, roleMapping: [] },
  });
  const endpoint = { type: "deliverer", name: "smoke", environment: "sandbox", secret: "smoke" };

  async function connect(): Promise<string> {
    const { id } = (await tenant.api.post("/v1/connectors", sandboxConnector(service))).body;
    const link = await tenant.api.post(`/v1/connectors/${id}/authorize`);
    await new TestBrowser().follow(link.body.authorizationUrl);
    return id;
  }

  async function send(call: DocumentedCall, key: string | undefined, values: Values): Promise<Answer> {
    const path = call.path.replace(/\{(\w+)\}/g, (_, name) => encode(values.parameter(name, {})));
    const isOfBytes = call.consumes !== undefined;
    // Records have cursors of their own kind.
    const isLeftOut = (name: string) => name === "cursor" && call.operationId === "listRecords";
    const inQuery = call.parameters.filter(
      (each) => each.in === "query" && (each.required || !isOfBytes) && !isLeftOut(each.name),
    );
    const query = inQuery.map(({ name, schema }) => `${name}=${encode(values.parameter(name, schema))}`).join("&");
    const headers: Record<string, string> = {
      ...(call.parameters.some(({ name }) => name === "if-match") && { "if-match": values.ifMatch }),
      ...(isOfBytes && { "content-type": call.consumes?.replaceAll("*", "x") }),
    };
    const body = call.body === undefined ? undefined : values.body(call);
    const address = query === "" ? path : `${path}?${query}`;
    const text = isOfBytes ? values.bytes(call) : body && JSON.stringify(body);
    return new ApiClient(service.url, key).send(call.method, address, text, headers);
  }

  interface Values {
    readonly ifMatch: string;
    parameter(name: string, schema: JsonSchema): unknown;
    body(call: DocumentedCall): unknown;
    bytes(call: DocumentedCall): string;
  }

  const keyFor = ({ security }: DocumentedCall) =>
    security.includes("platformKey") ? platformKey : security.length > 0 ? tenant.apiKey : undefined;

  /** The answer is one that the document tells of, and none of a failure inside. */
  function expectDocumented(call: DocumentedCall, answer: Answer): void {
    const name = `${call.operationId} → ${answer.status} ${answer.text.slice(0, 200)}`;
    expect(answer.status, name).toBeLessThan(500);
    const response = responseOf(call, answer.status);
    expect(response, name).toBeDefined();
    const mediaType = answer.headers.get("content-type")?.split(";")[0] ?? "";
    const content = response?.content;
    // An empty part of a path leads past the call, to no route at all.
    if (answer.text === "" || answer.body?.code === "ROUTE_NOT_FOUND") return;
    const mediaTypes = Object.keys(content ?? {});
    expect(mediaTypes, name).toContain(mediaTypes.includes("*/*") ? "*/*" : mediaType);
    if (!/\bjson$/.test(mediaType)) return;
    expect(findMisfits(content?.[mediaType]?.schema ?? {}, answer.body), name).toEqual([]);
  }

  it("answers 401 without a key, unless it is open to anybody", async () => {
    const closed = calls.filter(({ security }) => security.length > 0);
    for (const call of closed) {
      const answer = await send(call, undefined, plausible(connectorId));
      expect([answer.status, answer.body.code], call.operationId).toEqual([401, "UNAUTHENTICATED"]);
      expectDocumented(call, answer);
    }
    expect(calls.length - closed.length).toBe(6);
  });

  it("answers rubbish with what the document says", { timeout: 30_000 }, async () => {
    for (const call of calls) {
      for (let round = 0; round < 3; round += 1)
        expectDocumented(call, await send(call, keyFor(call), nonsense(round)));
    }
  });

  it("answers plausible input with what the document says", { timeout: 30_000 }, async () => {
    // What ends a connection goes last, so that the calls before it reach the vendor, and before it what ends a record.
    const rankOf = ({ operationId }: DocumentedCall) =>
      Number(/disconnect|delete|revoke|purge/i.test(operationId)) * (operationId.startsWith("operation:") ? 1 : 2);
    const inOrder = calls.toSorted((left, right) => rankOf(left) - rankOf(right));
    const fresh = await connect();
    const traces = await leaveSalesforceTraces(service, tenant.api, fresh);
    const platform = new ApiClient(service.url, platformKey);
    // Every text in a plausible body is "smoke": a tenant is deleted by its name.
    const administrator = { name: "Ada Admin", email: "ada@example.com" };
    const doomed = (await platform.post("/v1/tenants", { name: "smoke", administrator })).body.tenant.id;
    await service.keyRotations.runOnce(); // which the rubbish may have begun
    const spareKey = (await tenant.api.post("/v1/api-keys", { name: "spare" })).body.id;
    const idFor = async ({ path }: DocumentedCall): Promise<string> => {
      if (path.startsWith("/v1/api-keys")) return spareKey;
      if (path.startsWith("/v1/users")) return tenant.userId;
      if (path.startsWith("/v1/tenants")) return doomed;
      if (path.startsWith("/v1/inbound-endpoints")) return endpointId;
      if (path.startsWith("/v1/identity-providers")) return providerId;
      if (path.startsWith("/v1/operation-runs")) return traces.runId;
      if (path.startsWith("/v1/schedules")) return scheduleId;
      if (path.startsWith("/v1/webhooks")) return webhookId;
      if (path.startsWith("/v1/sync-runs")) return syncRunId;
      return path.startsWith("/v1/keys") ? (await platform.get("/v1/keys")).body.rotation?.id : fresh;
    };
    const schedule = { entity: "Account", cron: "@daily", paused: true };
    const scheduleId = (await tenant.api.post(`/v1/connectors/${fresh}/schedules`, schedule)).body.id;
    const webhook = { url: `${keys.origin}/hook`, eventTypes: ["sync.failed"] };
    const webhookId = (await tenant.api.post("/v1/webhooks", webhook)).body.id;
    const syncRunId = (await tenant.api.post(`/v1/schedules/${scheduleId}/run`, {})).body.id;
    await tenant.api.patch(`/v1/users/${tenant.userId}`, { roles: ["admin", "approver"] });
    const failures: string[] = [];
    for (const call of inOrder) {
      const answer = await send(call, keyFor(call), plausible(await idFor(call), traces));
      expectDocumented(call, answer);
      if (answer.status >= 400) failures.push(`${call.operationId} ${answer.status}`);
    }
    expect(failures).toEqual([
      "receiveDelivery 403", // not signed
      "startAuthorization 400", // a link that is not there
      "restoreConnector 404", // it is not deleted
      "listRecordWrites 400", // no outcome of records
      "getChangeRequest 404", // nothing of production is there
      "approveChangeRequest 404",
      "rejectChangeRequest 404",
      "cancelChangeRequest 404",
      "commentOnChangeRequest 404",
      "writeRecords 400", // by its id and by another one
      "replayDelivery 404", // none is dead
      "operation:events.subscribe 400", // no channel: one that is there would never end
      "deleteConnector 412", // changed by calls before it
      "purgeConnector 412",
      "deleteSchedule 412",
      "deleteInboundEndpoint 412",
      "deleteWebhook 412",
      "deleteIdentityProvider 412",
    ]);
  });

  function nonsense(round: number): Values {
    return {
      ifMatch: pick(['"1"', "*", "\u00ff", '"999999999999"']),
      parameter: (name) => (round === 1 && name === "id" ? connectorId : pick(rubbish)),
      bytes: () => String(pick(rubbish)),
      body: ({ body }) => {
        const fields = Object.keys((body?.properties as object | undefined) ?? {});
        return round === 0 ? pick(rubbish) : Object.fromEntries(fields.map((field) => [field, pick(rubbish)]));
      },
    };
  }

  function plausible(id: string, traces?: SalesforceTraces): Values {
    const known: Readonly<Record<string, unknown>> = {
      id,
      type: "salesforce",
      entity: "Account",
      sobject: "Account",
      record: { Name: "Smoke & Söhne" },
      soql: "SELECT Id FROM Account LIMIT 2",
      sosl: "FIND {smoke} IN NAME FIELDS RETURNING Account(Id)",
      ids: [traces?.accountId],
      fields: ["Name"],
      // Of a call within a composite request.
      path: "/sobjects/Account",
      externalIdField: "External_Id__c",
      returnTo: "https://app.example.com/",
      code: `smoke-${Math.floor(random() * 1e9)}`,
      email: `smoke-${Math.floor(random() * 1e9)}@example.com`,
      userId: tenant.userId,
      tenantId: tenant.tenantId,
      connectorId,
      targetId: connectorId,
      scheduleId: connectorId,
      url: `${keys.origin}/hook`,
      eventTypes: ["sync.failed"],
      connectorIds: [connectorId],
      cron: "@daily",
      timeZone: "Europe/Berlin",
      filter: "{}",
      actorUserId: tenant.userId,
      actorApiKeyId: tenant.userId,
      expectHead: `0:${"0".repeat(64)}`,
      outcome: "success",
      expiresAt: "2999-01-01T00:00:00Z",
      since: "2020-01-01T00:00:00Z",
      until: "2999-01-01T00:00:00Z",
      cursor: Buffer.from("00000000-0000-7000-8000-000000000000").toString("base64url"),
    };
    const value = (name: string, schema: JsonSchema): unknown => {
      if (Object.hasOwn(known, name)) return known[name];
      const { type, enum: options, anyOf, properties, items, required, minimum } = schema as ApiSchema;
      if (schema.const !== undefined) return schema.const;
      if (options) return options[0];
      if (anyOf) return value(name, anyOf[0] ?? {});
      if (type === "object") {
        const wanted = Object.entries(properties ?? {}).filter(([field]) => required?.includes(field));
        return Object.fromEntries(wanted.map(([field, inner]) => [field, value(field, inner)]));
      }
      if (type === "array") return [value(name, items ?? {})];
      if (type === "boolean") return true;
      if (type === "integer" || type === "number") return minimum ?? 1;
      return schema.default ?? "smoke";
    };
    return {
      ifMatch: '"1"',
      parameter: value,
      bytes: ({ consumes }) => (consumes === "application/x-ndjson" ? '{"Name":"Smoke"}' : "Name\nSmoke"),
      body: (call) => {
        if (call.operationId === "createConnector") return sandboxConnector(service);
        if (call.operationId === "createInboundEndpoint") return endpoint;
        if (call.operationId === "createIdentityProvider") return provider();
        return { ...Object(value("", call.body ?? {})), ...(traces && idsFor(call, traces)) };
      },
    };
  }
});

interface ApiSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly minimum?: number;
}

/** The ids that the body of an operation names, of what is there at the vendor. */
function idsFor({ operationId, body }: DocumentedCall, traces: SalesforceTraces): object {
  if (operationId === "operation:blobs.read") {
    return { sobject: "ContentVersion", field: "VersionData", id: traces.contentVersionId };
  }
  const properties = Object(body?.properties);
  const jobId = operationId.includes("bulk.query") ? traces.queryJobId : traces.ingestJobId;
  return { ...("id" in properties && { id: traces.accountId }), ...("jobId" in properties && { jobId }) };
}

function encode(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return encodeURIComponent(text.toWellFormed());
}
