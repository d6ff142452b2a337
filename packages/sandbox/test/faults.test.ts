import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InvalidFaultError, type SalesforceSandbox, startSalesforceSandbox } from "../src/index.js";
import { callApi, query, send, signIn } from "./client.js";

let sandbox: SalesforceSandbox;
let token: string;

beforeEach(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
  token = (await signIn(sandbox)).access_token;
  sandbox.clearRequests();
});
afterEach(() => sandbox.close());

const create = (name: string) => callApi(sandbox, token, "/sobjects/Account", { method: "POST", body: { Name: name } });

async function names(): Promise<unknown> {
  const { json } = await query(sandbox, token, "SELECT Name FROM Account");
  return (json as { records: { Name: string }[] }).records.map(({ Name }) => Name);
}

function control(path: string, init: { method?: string; body?: unknown } = {}) {
  return send(`${sandbox.url}/__sandbox${path}`, {
    method: init.method ?? "POST",
    ...(init.body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(init.body) }),
  });
}

describe("a fault", () => {
  it("answers a status and body instead, the given number of times, with no effect", async () => {
    sandbox.addFault({
      method: "POST",
      path: "/services/data",
      status: 503,
      body: [{ errorCode: "SERVER_UNAVAILABLE" }],
      times: 2,
    });
    for (const name of ["A", "B"]) {
      const answer = await create(name);
      expect(answer).toMatchObject({ status: 503, json: [{ errorCode: "SERVER_UNAVAILABLE" }] });
    }
    expect((await create("C")).status).toBe(201);
    expect(await names()).toEqual(["C"]);
  });

  it("sends text as it is, HTML as HTML", async () => {
    sandbox.addFault({ status: 502, body: "<html>Bad gateway</html>" });
    const answer = await create("A");
    expect(answer).toMatchObject({ status: 502, text: "<html>Bad gateway</html>" });
    expect(answer.headers.get("content-type")).toContain("text/html");
  });

  it("waits", async () => {
    sandbox.addFault({ delayMs: 120 });
    const before = performance.now();
    expect((await create("A")).status).toBe(201);
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  });

  it("adds headers to the real answer", async () => {
    sandbox.addFault({ headers: { "retry-after": "7" } });
    const answer = await create("A");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([201, "7"]);
  });

  it("cuts the connection before anything happens", async () => {
    sandbox.addFault({ method: "POST", cutBefore: true });
    await expect(create("A")).rejects.toThrow("fetch failed");
    expect(await names()).toEqual([]);
    expect(sandbox.requests({ path: "/services/data/v60.0/sobjects" })).toMatchObject([
      { status: null, faultId: "fault-1" },
    ]);
  });

  it("cuts the connection after the effect, without a response", async () => {
    sandbox.addFault({ method: "POST", cutAfter: true });
    await expect(create("A")).rejects.toThrow("fetch failed");
    expect(await names()).toEqual(["A"]);
  });

  it("cuts the response in the middle of its body, after the effect", async () => {
    sandbox.addFault({ method: "POST", cutBody: true });
    const response = await fetch(`${sandbox.url}/services/data/v60.0/sobjects/Account`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ Name: "A" }),
    });
    expect(response.status).toBe(201);
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(40);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toMatch(/^\{"id":"001/);
    await expect(reader?.read()).rejects.toThrow();
    expect(await names()).toEqual(["A"]);
  });

  it("cuts an answer that has no body altogether", async () => {
    const { json } = await create("A");
    sandbox.addFault({ method: "DELETE", cutBody: true });
    const path = `/sobjects/Account/${(json as { id: string }).id}`;
    await expect(callApi(sandbox, token, path, { method: "DELETE" })).rejects.toThrow("fetch failed");
    expect(await names()).toEqual([]);
  });

  it("tells a caller to slow down in Salesforce's words", async () => {
    sandbox.addFault({ rateLimit: { retryAfterSeconds: 3 } });
    const answer = await create("A");
    expect(answer).toMatchObject({ status: 403, json: [{ errorCode: "REQUEST_LIMIT_EXCEEDED" }] });
    expect(answer.headers.get("retry-after")).toBe("3");
  });

  it("lets requests through first, and matches by pattern on path and query", async () => {
    sandbox.addFault({ pathPattern: "q=SELECT.*Account", skip: 1, status: 500 });
    expect(await names()).toEqual([]);
    expect((await create("A")).status).toBe(201);
    expect((await query(sandbox, token, "SELECT Id FROM Account")).status).toBe(500);
    expect(await names()).toEqual(["A"]);
  });

  it("acts on OAuth paths too", async () => {
    sandbox.addFault({ path: "/services/oauth2/token", status: 500, body: "oops" });
    await expect(signIn(sandbox)).rejects.toThrow("oops");
    await expect(signIn(sandbox)).resolves.toMatchObject({ token_type: "Bearer" });
  });

  it.each([
    {},
    { times: 3 },
    { status: 503, cutBody: true as const },
    { status: 99 },
    { delayMs: 60_001 },
    { pathPattern: "(", status: 500 },
    { path: "services", status: 500 },
  ])("is refused when it makes no sense: %j", (rule) => {
    expect(() => sandbox.addFault(rule)).toThrow(InvalidFaultError);
  });
});

describe("the control routes", () => {
  it("add, list and remove faults", async () => {
    const added = await control("/faults", { body: { status: 503, times: 2 } });
    expect(added).toMatchObject({ status: 201, json: { id: "fault-1", timesLeft: 2 } });
    expect((await control("/faults", { method: "GET" })).json).toMatchObject({ faults: [{ status: 503 }] });
    expect((await control("/faults", { method: "DELETE" })).status).toBe(204);
    expect((await create("A")).status).toBe(201);
    expect(await control("/faults", { body: { statuss: 503 } })).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('Unknown part "statuss"') },
    });
  });

  it("tell what was asked, without secrets", async () => {
    await create("A");
    const { access_token } = await signIn(sandbox);
    await send(`${sandbox.url}/services/oauth2/revoke?token=${encodeURIComponent(access_token)}`);
    const answer = await control("/requests", { method: "GET" });
    expect(answer.text).not.toContain(token);
    expect(answer.text).not.toContain(access_token);
    const { requests } = answer.json as { requests: Record<string, unknown>[] };
    expect(requests[0]).toMatchObject({
      sequence: 1,
      method: "POST",
      path: "/services/data/v60.0/sobjects/Account",
      status: 201,
      bodyBytes: 12,
      headers: { authorization: expect.stringMatching(/^Bearer sha256:[0-9a-f]{12}$/) },
    });
    expect(sandbox.requests({ path: "/services/oauth2/token" })).toHaveLength(1);
    expect(sandbox.requests({ method: "get", path: "/services/oauth2/revoke" })).toHaveLength(1);
    await control("/requests", { method: "DELETE" });
    expect(sandbox.requests()).toEqual([]);
  });

  it("change settings, expire, revoke and reset", async () => {
    expect((await control("/settings", { body: { rotateRefreshTokens: true } })).json).toMatchObject({
      rotateRefreshTokens: true,
    });
    expect(await control("/settings", { body: { rotate: true } })).toMatchObject({ status: 400 });
    expect(await control("/settings", { body: { accessTokenLifetimeMs: "1" } })).toMatchObject({ status: 400 });
    expect((await control("/expire-access-tokens")).json).toEqual({ expired: 1 });
    expect((await control("/revoke-grants")).json).toEqual({ revoked: 1 });
    expect((await control("/reset")).status).toBe(204);
    expect((await control("/settings", { method: "GET" })).json).toMatchObject({
      rotateRefreshTokens: false,
      skipConsent: true,
    });
    const empty = { method: "POST", headers: { "content-type": "application/json" }, body: "" };
    expect((await send(`${sandbox.url}/__sandbox/reset`, empty)).status).toBe(204);
    expect((await send(`${sandbox.url}/__sandbox/faults`, { ...empty, body: "{" })).status).toBe(400);
    expect((await control("/health", { method: "GET" })).json).toEqual({ status: "ok", vendor: "salesforce" });
  });

  it("refuse a page of another site", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    const answer = await send(`${sandbox.url}/__sandbox/reset`, { method: "POST", headers });
    expect(answer.status).toBe(403);
  });
});
