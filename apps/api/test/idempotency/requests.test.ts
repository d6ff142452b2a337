import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { salesforce } from "@isthmus/salesforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIdempotencyPruner } from "../../src/workers/create-pruners.js";
import { ApiClient } from "../support/api-client.js";
import { listCalls } from "../support/document-calls.js";
import { useServerDatabase } from "../support/server-database.js";
import {
  platformKey,
  sandboxConnector,
  startTestService,
  type TestService,
  type TestTenantClient,
} from "../support/service.js";

describe("a request with an Idempotency-Key", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(() => service.close());

  const operations = new Map(
    salesforce
      .operations(salesforce.configuration.parse({}))
      .map(({ name, kind, produces = "application/json" }) => [`operation:${name}`, { kind, produces }]),
  );
  const keyed = (key: string = randomUUID()) => ({ "idempotency-key": key });
  const countOf = async (path: string) => (await tenant.api.get(`${path}?limit=200`)).body.data.length;
  const makeUser = async (roles: readonly string[]) => {
    const email = `${randomUUID()}@example.com`;
    const user = await tenant.api.post("/v1/users", { email, name: "Colleague", roles });
    const key = await tenant.api.post("/v1/api-keys", { name: "Key", userId: user.body.id });
    return { userId: String(user.body.id), api: new ApiClient(service.url, key.body.key), keyId: String(key.body.id) };
  };
  const query = async (sql: string, ...values: unknown[]) => {
    const client = await get().server.connectAsSuperuser(get().url);
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  };

  it("is done once, and is answered alike when it comes again: a key that is shown once, too", async () => {
    const headers = keyed();
    const before = await countOf("/v1/api-keys");
    const first = await tenant.api.post("/v1/api-keys", { name: "CI" }, headers);
    expect(first.status).toBe(201);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    const again = await tenant.api.post("/v1/api-keys", { name: "CI" }, headers);
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    expect(await countOf("/v1/api-keys")).toBe(before + 1);
  });

  it("keeps what the answer says in headers, and answers without a body", async () => {
    const [made, removed] = [keyed(), keyed()];
    const body = sandboxConnector(service);
    const first = await tenant.api.post("/v1/connectors", body, made);
    const again = await tenant.api.post("/v1/connectors", body, made);
    expect(again).toMatchObject({ status: 201, text: first.text });
    for (const name of ["location", "etag"]) expect(again.headers.get(name)).toBe(first.headers.get(name));
    const path = `/v1/connectors/${first.body.id}`;
    expect((await tenant.api.patch(path, { name: "CRM 2" }, { ...keyed("patch"), "if-match": '"1"' })).status).toBe(
      200,
    );
    const patched = await tenant.api.patch(path, { name: "CRM 2" }, { ...keyed("patch"), "if-match": '"1"' });
    expect(patched).toMatchObject({ status: 200, body: { version: 2 } });
    expect((await tenant.api.patch(path, { name: "CRM 2" }, { ...keyed("patch"), "if-match": '"2"' })).body.code).toBe(
      "IDEMPOTENCY_KEY_REUSED",
    );
    expect(await tenant.api.delete(path, removed)).toMatchObject({ status: 204, text: "" });
    const gone = await tenant.api.delete(path, removed);
    expect(gone).toMatchObject({ status: 204, text: "" });
    expect(gone.headers.get("idempotency-replayed")).toBe("true");
  });

  it("is refused when another request came with its key: another body, address, method or media type", async () => {
    const headers = keyed();
    expect((await tenant.api.post("/v1/api-keys", { name: "one" }, headers)).status).toBe(201);
    const others = [
      tenant.api.post("/v1/api-keys", { name: "two" }, headers),
      tenant.api.post("/v1/api-keys", '{"name": "one"}', headers),
      tenant.api.post("/v1/api-keys?x=1", { name: "one" }, headers),
      tenant.api.post("/v1/users", { name: "one", email: "one@example.com", roles: ["viewer"] }, headers),
      tenant.api.post(
        "/v1/api-keys",
        { name: "one" },
        { ...headers, "content-type": "application/json; charset=utf-8" },
      ),
    ];
    for (const answer of await Promise.all(others)) {
      expect(answer).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED", retryable: false } });
    }
  });

  it("belongs to its person: not to another one, nor another tenant, and to whatever key the person has", async () => {
    const headers = keyed();
    const mine = await makeUser(["admin"]);
    const theirs = await makeUser(["admin"]);
    const stranger = await service.createTenant();
    const [first, second, third] = await Promise.all(
      [mine.api, theirs.api, stranger.api].map((api) => api.post("/v1/api-keys", { name: "CI" }, headers)),
    );
    expect(new Set([first, second, third].map((answer) => answer?.body.key)).size).toBe(3);
    const rotated = await mine.api.post(`/v1/api-keys/${mine.keyId}/rotate`, {});
    const again = await new ApiClient(service.url, rotated.body.key).post("/v1/api-keys", { name: "CI" }, headers);
    expect(again).toMatchObject({ status: 201, text: first?.text });
  });

  it("can be sent again after a failure without an effect, also with another body", async () => {
    const viewer = await makeUser(["viewer"]);
    const headers = keyed();
    const body = sandboxConnector(service);
    expect((await viewer.api.post("/v1/connectors", body, headers)).body.code).toBe("FORBIDDEN");
    await tenant.api.patch(`/v1/users/${viewer.userId}`, { roles: ["editor"] });
    expect((await viewer.api.post("/v1/connectors", { ...body, code: "!" }, headers)).body.code).toBe(
      "VALIDATION_FAILED",
    );
    const taken = { ...body, code: `taken-${randomUUID()}` };
    await tenant.api.post("/v1/connectors", taken);
    expect((await viewer.api.post("/v1/connectors", taken, headers)).body.code).toBe("CONFLICT");
    expect((await viewer.api.post("/v1/connectors", body, headers)).status).toBe(201);
    expect((await viewer.api.post("/v1/connectors", body, headers)).headers.get("idempotency-replayed")).toBe("true");
  });

  it("is answered 409 while its twin is being done, and by the twin's answer afterwards", async () => {
    const headers = keyed();
    const body = { name: "twins" };
    const before = await countOf("/v1/api-keys");
    const answers = await Promise.all(Array.from({ length: 8 }, () => tenant.api.post("/v1/api-keys", body, headers)));
    const [done] = answers.filter(({ status }) => status === 201);
    for (const answer of answers) {
      if (answer.status === 201) expect(answer.text).toBe(done?.text);
      else {
        expect(answer).toMatchObject({ status: 409, body: { code: "IDEMPOTENCY_KEY_IN_USE", retryable: true } });
        expect(answer.headers.get("retry-after")).toBe("1");
      }
    }
    expect((await tenant.api.post("/v1/api-keys", body, headers)).text).toBe(done?.text);
    expect(await countOf("/v1/api-keys")).toBe(before + 1);
  });

  it("is kept for a day of the database's clock, and its key is free again then", async () => {
    const headers = keyed();
    const first = await tenant.api.post("/v1/api-keys", { name: "day" }, headers);
    const [kept] = await query(
      "select extract(epoch from expires_at - created_at)::int as seconds from idempotency_keys order by id desc limit 1",
    );
    expect(kept).toEqual({ seconds: 86_400 });
    await query("update idempotency_keys set expires_at = clock_timestamp() + interval '1 minute'");
    expect((await tenant.api.post("/v1/api-keys", { name: "day" }, headers)).text).toBe(first.text);
    await query("update idempotency_keys set expires_at = clock_timestamp()");
    const next = await tenant.api.post("/v1/api-keys", { name: "another day" }, headers);
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(first.body.id);
    await query("update idempotency_keys set expires_at = clock_timestamp()");
    expect(await createIdempotencyPruner(service.services, 2).prune()).toBeGreaterThan(2);
    expect(await query("select 1 from idempotency_keys")).toEqual([]);
  });

  it("takes the key quoted, as the draft of the header says, and bare, as everybody sends it: the same key", async () => {
    const key = randomUUID();
    const first = await tenant.api.post("/v1/api-keys", { name: "forms" }, keyed(`"${key}"`));
    expect((await tenant.api.post("/v1/api-keys", { name: "forms" }, keyed(key))).text).toBe(first.text);
    const odd = `"a, b; \\"c\\" \\\\ ${randomUUID()}"`;
    const second = await tenant.api.post("/v1/api-keys", { name: "odd" }, keyed(odd));
    expect((await tenant.api.post("/v1/api-keys", { name: "odd" }, keyed(odd))).text).toBe(second.text);
    expect((await tenant.api.post("/v1/api-keys", { name: "long" }, keyed("k".repeat(255)))).status).toBe(201);
  });

  it.each([
    ["empty", ""],
    ["empty in quotes", '""'],
    ["too long", "k".repeat(256)],
    ["with a blank", "a b"],
    ["two in one", "a,b"],
    ["with an open quote", '"a'],
    ["with a wrong escape", '"a\\b"'],
    ["with parameters", '"a";q=1'],
    ["not ASCII", "clé"],
    ["with a tab", "a\tb"],
  ])("refuses a key that is none: %s", async (_, key) => {
    const before = await countOf("/v1/api-keys");
    const answer = await tenant.api.post("/v1/api-keys", { name: "hostile" }, keyed(key));
    expect(answer).toMatchObject({ status: 400, body: { code: "IDEMPOTENCY_KEY_INVALID" } });
    expect(answer.text).not.toContain("clé");
    expect(await countOf("/v1/api-keys")).toBe(before);
  });

  it("is described wherever it is taken, and nowhere else", async () => {
    const { body: document } = await tenant.api.get("/openapi.json");
    const calls = listCalls(document);
    expect(calls.length).toBeGreaterThan(50);
    for (const call of calls) {
      const takes = call.parameters.some((each) => each.name === "Idempotency-Key" && each.in === "header");
      const changes = call.method !== "GET" && call.security.length > 0;
      const { kind = "write", produces = ["application/json"] } = operations.get(call.operationId) ?? {};
      const isKept = kind === "bulk" || (kind === "write" && produces.includes("application/json"));
      expect(takes, `${call.method} ${call.path}`).toBe(changes && isKept);
      if (takes) expect(Object.keys(call.responses)).toEqual(expect.arrayContaining(["409", "422"]));
    }
  });

  it("is refused when it comes twice with one request", async () => {
    const headers = {
      authorization: `Bearer ${tenant.apiKey}`,
      "content-type": "application/json",
      "idempotency-key": ["same", "same"],
    };
    const sent = request(`${service.url}/v1/api-keys`, { method: "POST", headers }).end('{"name":"two"}');
    const [response] = await once(sent, "response");
    const answer = await text(response);
    expect(answer).toContain("IDEMPOTENCY_KEY_INVALID");
  });

  it("is answered by the first time's answer, or done, after the tenant got another data key", async () => {
    const headers = keyed();
    const first = await tenant.api.post("/v1/api-keys", { name: "before the rotation" }, headers);
    const platform = new ApiClient(service.url, platformKey);
    const { id } = (await platform.post("/v1/keys/rotate", { dataKeys: true })).body;
    const stopping = new AbortController();
    const working = service.keyRotations.run(stopping.signal);
    const status = async () => (await platform.get(`/v1/keys/rotations/${id}`)).body.status;
    await expect.poll(status, { timeout: 20_000 }).toBe("completed");
    stopping.abort();
    await working;
    const again = await tenant.api.post("/v1/api-keys", { name: "before the rotation" }, headers);
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect((await tenant.api.post("/v1/api-keys", { name: "other" }, headers)).status).toBe(422);
    expect((await tenant.api.post("/v1/api-keys", { name: "after it" }, keyed())).status).toBe(201);
    const [{ keys }] = await query(
      "select count(distinct data_key_id)::int as keys from idempotency_keys where tenant_id = $1",
      tenant.tenantId,
    );
    expect(keys).toBe(2);
  });

  it("has no meaning where nothing changes", async () => {
    expect((await tenant.api.get("/v1/users", keyed(""))).status).toBe(200);
  });

  it("leaves neither its key nor its answer readable in the database, and nothing in the log", async () => {
    const key = `order-${randomUUID()}`;
    const { body } = await tenant.api.post("/v1/api-keys", { name: "sealed" }, keyed(key));
    await tenant.api.post("/v1/api-keys", { name: "sealed" }, keyed(key));
    const rows = JSON.stringify(await query("select * from idempotency_keys"));
    for (const text of [rows, service.logLines.join("\n")]) {
      expect(text).not.toContain(key);
      expect(text).not.toContain(body.key);
      expect(text).not.toContain(Buffer.from(body.key).toString("base64url").slice(4, 40));
    }
    expect(rows).toContain('"kid"');
  });
});
