import { connect } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildServer, type EdgeSettings } from "../../src/server.js";
import { ApiClient } from "../support/api-client.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";

const page = "https://app.example.com";

describe("the edges of HTTP", () => {
  const get = useServerDatabase();
  let service: TestService;
  let tenant: TestTenantClient;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    service = await startTestService(get().database);
    tenant = await service.createTenant();
  });
  afterAll(async () => {
    for (const close of closing) await close();
    await service?.close();
  });

  /** The same service with other edges. */
  async function open(edges: Partial<EdgeSettings>, https = false): Promise<string> {
    const app = await buildServer({ services: service.services, logger: pino({ level: "silent" }), https, edges });
    closing.push(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  }

  /** Sends bytes as they are. @returns the answers as they came. */
  async function send(url: string, text: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write(text);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  describe("security headers", () => {
    const always = [
      /^x-content-type-options: nosniff\r$/im,
      /^x-frame-options: DENY\r$/im,
      /^referrer-policy: no-referrer\r$/im,
      /^cache-control: no-store\r$/im,
      /^content-security-policy: default-src 'none'.*frame-ancestors 'none'/im,
      /^cross-origin-resource-policy: same-origin\r$/im,
      /^cross-origin-opener-policy: same-origin\r$/im,
      /^strict-transport-security: max-age=\d+\r$/im,
      /^x-request-id: [\w-]{8,}\r$/im,
    ];
    const authorization = () => `authorization: Bearer ${tenant.apiKey}\r\n`;
    const cases: [string, number, () => string][] = [
      ["health", 200, () => "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["a list", 200, () => `GET /v1/connectors HTTP/1.1\r\nhost: x\r\n${authorization()}\r\n`],
      ["the document", 200, () => "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["the reference", 200, () => "GET /docs HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["a page for people", 400, () => "GET /oauth/start/nothing HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["a redirect", 303, () => "GET /oauth/callback/salesforce?state=x HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["no key", 401, () => "GET /v1/connectors HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["no route", 404, () => "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["no method", 404, () => "OPTIONS /v1/connectors HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["a method that nobody has", 404, () => "PROPFIND /v1/connectors HTTP/1.1\r\nhost: x\r\n\r\n"],
      ["an address that cannot be read", 400, () => "GET /%E0%A4%A HTTP/1.1\r\nhost: x\r\n\r\n"],
      [
        "a part of an address that is too long",
        404,
        () => `GET /v1/connectors/${"a".repeat(300)} HTTP/1.1\r\nhost: x\r\n${authorization()}\r\n`,
      ],
      ["an address that is too long", 400, () => `GET /${"a".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
      [
        "headers that are too long",
        400,
        () => `GET /healthz HTTP/1.1\r\nhost: x\r\nx-filler: ${"a".repeat(20_000)}\r\n\r\n`,
      ],
      ["no HTTP", 400, () => "HELO\r\n\r\n"],
      ["no host", 400, () => "GET /healthz HTTP/1.1\r\n\r\n"],
      ["an expectation that nobody knows", 200, () => "GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: cake\r\n\r\n"],
      [
        "a refused delivery",
        403,
        () => `POST /hooks/salesforce/${crypto.randomUUID()} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`,
      ],
    ];
    let url: string;
    beforeAll(async () => {
      url = await open({}, true);
    });

    it.each(cases)("are on the answer to %s", async (_, status, request) => {
      const text = request();
      const answer = await send(
        url,
        text.replace("\r\n", "\r\nconnection: close\r\n").replace("HELO\r\nconnection: close\r\n", "HELO\r\n"),
      );
      const [head = ""] = answer.split("\r\n\r\n");
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      for (const header of always) {
        expect(`${head}\r\n`).toMatch(header);
      }
      if (status >= 400 && !text.includes("/oauth/")) expect(head).toContain("application/problem+json");
      expect(head).not.toMatch(/^(server|x-powered-by):/im);
    });

    it("do not promise https where there is none", async () => {
      expect((await fetch(`${service.url}/healthz`)).headers.get("strict-transport-security")).toBeNull();
    });
  });

  describe("pages of other origins", () => {
    let url: string;
    beforeAll(async () => {
      url = await open({ corsOrigins: [page] });
    });
    const ask = (origin: string, path: string, headers: Record<string, string> = {}, method = "GET") =>
      fetch(url + path, { method, redirect: "manual", headers: { origin, ...headers } });
    const preflight = (origin: string, path = "/v1/connectors") =>
      ask(
        origin,
        path,
        { "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
        "OPTIONS",
      );
    const allowed = ({ headers }: Response) => headers.get("access-control-allow-origin");

    it("read nothing unless they are named", async () => {
      const closed = await fetch(`${service.url}/v1/connectors`, {
        method: "OPTIONS",
        headers: { origin: page, "access-control-request-method": "GET" },
      });
      expect([closed.status, allowed(closed)]).toEqual([404, null]);
      const answer = await fetch(`${service.url}/v1/connectors`, {
        headers: { origin: page, authorization: `Bearer ${tenant.apiKey}` },
      });
      expect([answer.status, allowed(answer)]).toEqual([200, null]);
    });

    it("may ask and call when they are, without cookies", async () => {
      const answer = await preflight(page);
      expect([answer.status, allowed(answer)]).toEqual([204, page]);
      expect(answer.headers.get("access-control-allow-methods")).toBe("GET, HEAD, POST, PATCH, DELETE");
      expect(answer.headers.get("access-control-allow-headers")).toContain("authorization");
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(answer.headers.get("vary")).toContain("Origin");
      const list = await ask(page, "/v1/connectors", { authorization: `Bearer ${tenant.apiKey}` });
      expect([list.status, allowed(list)]).toEqual([200, page]);
      expect(list.headers.get("access-control-expose-headers")).toContain("x-request-id");
    });

    it("read what went wrong, too", async () => {
      const answer = await ask(page, "/v1/connectors");
      expect([answer.status, allowed(answer)]).toEqual([401, page]);
      const missing = await ask(page, "/v1/nothing");
      expect([missing.status, allowed(missing)]).toEqual([404, page]);
    });

    it.each([
      "https://evil.example",
      "https://app.example.com.evil.example",
      "https://evil.app.example.com",
      "http://app.example.com",
      "https://app.example.com:8443",
      "https://APP.example.com",
      "null",
      "*",
      "",
    ])("are refused as %j", async (origin) => {
      expect(allowed(await preflight(origin))).toBeNull();
      expect(allowed(await ask(origin, "/v1/connectors"))).toBeNull();
      // A cache that keeps one answer for all origins would give the named one's to another, and the other way round.
      expect((await ask(origin, "/v1/connectors")).headers.get("vary")).toContain("Origin");
    });

    it.each([
      "/oauth/start/x",
      "/oauth/done/x",
      "/hooks/salesforce/x",
      "/metrics",
      "/openapi.json",
      "/healthz",
      "//v1/x",
    ])("read nothing of %s", async (path) => {
      expect(allowed(await ask(page, path))).toBeNull();
      expect(allowed(await preflight(page, path))).toBeNull();
    });
  });

  describe("what a proxy says", () => {
    /** The address that the audit notes for a request. */
    async function noted(url: string, headers: Record<string, string>): Promise<string> {
      const requestId = crypto.randomUUID();
      const made = await new ApiClient(url, tenant.apiKey).post(
        "/v1/api-keys",
        { name: "noted" },
        { ...headers, "x-request-id": requestId },
      );
      expect(made.status).toBe(201);
      const { data } = (await tenant.api.get("/v1/audit-events?action=api_key.created")).body;
      return data.find((event: { requestId: string }) => event.requestId === requestId)?.ip;
    }

    it("counts for nothing unless the proxy is named", async () => {
      const headers = { "x-forwarded-for": "203.0.113.9", forwarded: "for=203.0.113.9", "x-real-ip": "203.0.113.9" };
      expect(await noted(service.url, headers)).toBe("127.0.0.1");
      expect(await noted(await open({ trustedProxies: ["10.0.0.7", "192.168.0.0/16"] }), headers)).toBe("127.0.0.1");
    });

    it("counts as far as the proxies are named: what the caller wrote before them does not", async () => {
      const url = await open({ trustedProxies: ["127.0.0.0/8", "10.1.2.3"] });
      expect(await noted(url, { "x-forwarded-for": "203.0.113.9" })).toBe("203.0.113.9");
      expect(await noted(url, { "x-forwarded-for": "1.1.1.1, 203.0.113.9, 10.1.2.3" })).toBe("203.0.113.9");
      expect(await noted(url, { "x-forwarded-for": "10.1.2.3, 203.0.113.9" })).toBe("203.0.113.9");
      expect(await noted(url, { "x-forwarded-for": "2001:db8::1" })).toBe("2001:db8::1");
      for (const garbage of ["<script>", "unknown", "203.0.113.9:4711", "a".repeat(5_000), "127.0.0.1, x'y"]) {
        expect(await noted(url, { "x-forwarded-for": garbage })).toBe("127.0.0.1");
      }
    });

    it.each([false, true])("has no say in where links lead (a named proxy: %s)", async (isTrusted) => {
      const url = isTrusted ? await open({ trustedProxies: ["127.0.0.1"] }) : service.url;
      const document = await send(
        url,
        "GET /openapi.json HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: evil.example\r\nx-forwarded-proto: gopher\r\nconnection: close\r\n\r\n",
      );
      expect(document).toContain(`"servers":[{"url":"${service.url}"}]`);
      const absolute = await send(
        url,
        "GET http://evil.example/oauth/callback/salesforce?state=x HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
      );
      expect(absolute).toMatch(/^location: \/oauth\/done\//im);
      expect(document + absolute).not.toMatch(/evil|gopher/);
    });
  });

  it("take a caller's request id where it is harmless, into header, problem, audit and log", async () => {
    const given = "trace:7f.3_a-0001";
    const missing = await tenant.api.get("/v1/connectors/00000000-0000-7000-8000-000000000000", {
      "x-request-id": given,
    });
    expect([missing.headers.get("x-request-id"), missing.body.requestId]).toEqual([given, given]);
    await tenant.api.post("/v1/api-keys", { name: "traced" }, { "x-request-id": given });
    const { data } = (await tenant.api.get("/v1/audit-events?action=api_key.created")).body;
    expect(data.map((event: { requestId: string }) => event.requestId)).toContain(given);
    const lines = service.logLines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === given);
    expect(lines.filter(({ msg }) => msg === "request")).toHaveLength(2);
    for (const id of ["short", "a".repeat(65), "with space 0001", "line\u00adbreak0001", '"};alert(1)//']) {
      const answer = await new ApiClient(service.url, platformKey).get("/healthz", { "x-request-id": id });
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
