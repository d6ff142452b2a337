import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { ConnectorError, createTransport, type Transport } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpSession } from "./http-session.js";

/** A Gateway as its documentation describes it: a token belongs to the cookies that came with it. */
class Gateway {
  readonly seen: { method: string; url: string; token: string; cookie: string }[] = [];
  #session = 0;
  answersHead = true;
  givesTokens = true;
  refusesAll = false;
  readonly server = createServer((request, response) => this.#answer(request, response));

  endSessions() {
    this.#session += 1;
  }

  #answer(request: IncomingMessage, response: ServerResponse) {
    const token = String(request.headers["x-csrf-token"] ?? "");
    const cookie = request.headers.cookie ?? "";
    this.seen.push({ method: request.method ?? "", url: request.url ?? "", token, cookie });
    request.resume();
    if (token === "Fetch" && this.givesTokens && (request.method === "GET" || this.answersHead)) {
      response.setHeader("x-csrf-token", `token-${this.#session}==`);
      response.setHeader("set-cookie", [
        `SAP_SESSIONID_S4H_100=session-${this.#session}; path=/; HttpOnly`,
        `sap-XSRF_S4H_100=xsrf-${this.#session}; path=/`,
        "sap-contextid=SID%3aANON%3a1; path=/sap",
        "other=1; domain=example.com",
      ]);
    }
    const isGood = token === `token-${this.#session}==` && cookie.includes(`xsrf-${this.#session}`);
    if (request.method === "POST" && this.givesTokens && (this.refusesAll || !isGood)) {
      response.writeHead(403, { "x-csrf-token": "Required" }).end("CSRF token validation failed");
    } else response.writeHead(request.method === "POST" ? 201 : 200).end("{}");
  }
}

describe("HttpSession", () => {
  const csrfRoot = "/sap/opu/odata/sap/SRV";
  const write = { method: "POST", path: `${csrfRoot}/Orders`, csrfRoot, body: "{}" } as const;
  let gateway: Gateway;
  let transport: Transport;
  let baseUrl: string;
  let session: HttpSession;
  const open = (changes: { client?: string; isStateful?: boolean } = { client: "100" }) => {
    const send = <Answer>(call: (request: never) => Promise<Answer>) => {
      return ({ path, ...request }: { path: string }) => call({ ...request, url: baseUrl + path } as never);
    };
    return new HttpSession({
      baseUrl,
      language: "EN",
      ...changes,
      send: send(transport.request),
      stream: send(transport.stream),
      refuse: () => new ConnectorError("AUTHENTICATION_FAILED", "Refused."),
      now: () => 0,
    });
  };
  beforeEach(async () => {
    gateway = new Gateway();
    await new Promise<void>((resolve) => gateway.server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(gateway.server.address() as AddressInfo).port}`;
    baseUrl = `http://${host}`;
    transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [host] });
    session = open();
  });
  afterEach(async () => {
    await transport.close();
    await new Promise((resolve) => gateway.server.close(resolve));
  });

  it("writes with the token and the cookies that belong to it, and asks for them once", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => session.request(write)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(gateway.seen.map(({ method }) => method)).toEqual(["HEAD", "POST", "POST", "POST"]);
    expect(gateway.seen[0]?.url).toBe(`${csrfRoot}/?sap-client=100&sap-language=EN`);
    expect(gateway.seen[1]?.cookie).toBe("SAP_SESSIONID_S4H_100=session-0; sap-XSRF_S4H_100=xsrf-0");
  });

  it("asks once more when the session was lost, for all who lost it", async () => {
    await session.request(write);
    gateway.endSessions();
    const answers = await Promise.all([1, 2, 3].map(() => session.request(write)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(gateway.seen.filter(({ token }) => token === "Fetch")).toHaveLength(2);
  });

  it("gives the refusal back when a fresh token is refused too, and when the body is spent", async () => {
    gateway.refusesAll = true;
    expect((await session.request(write)).status).toBe(403);
    expect(gateway.seen.map(({ method }) => method)).toEqual(["HEAD", "POST", "HEAD", "POST"]);
    gateway.seen.length = 0;
    const spent = await session.stream({ ...write, body: Readable.from([Buffer.from("{}")]) });
    expect(spent.status).toBe(403);
    spent.body.destroy();
    expect(gateway.seen.map(({ method }) => method)).toEqual(["POST", "HEAD"]);
  });

  it("asks by GET where HEAD gives none, and remembers a service that has none", async () => {
    gateway.answersHead = false;
    expect((await session.request(write)).status).toBe(201);
    expect(gateway.seen.map(({ method }) => method)).toEqual(["HEAD", "GET", "POST"]);
    gateway.givesTokens = false;
    const other = open();
    await other.request(write);
    await other.request(write);
    expect(gateway.seen.slice(3).map(({ method }) => method)).toEqual(["HEAD", "GET", "POST", "POST"]);
  });

  it("sends no token with what only reads, and keeps a query as it is written", async () => {
    await session.request({
      method: "GET",
      path: `${csrfRoot}/Orders?$filter=A%20eq%20%27x%27&sap-language=DE`,
      csrfRoot,
    });
    expect(gateway.seen).toEqual([
      {
        method: "GET",
        url: `${csrfRoot}/Orders?$filter=A%20eq%20%27x%27&sap-language=DE&sap-client=100`,
        token: "",
        cookie: "",
      },
    ]);
  });

  it.each([
    ["no query", "/Orders", "/Orders?sap-client=100&sap-language=EN"],
    ["a query", "/Orders?$top=1", "/Orders?$top=1&sap-client=100&sap-language=EN"],
    ["an empty query", "/Orders?", "/Orders?sap-client=100&sap-language=EN"],
    ["an open end", "/Orders?$top=1&", "/Orders?$top=1&&sap-client=100&sap-language=EN"],
    ["a blank at its end", "/Orders?$top=1 ", "/Orders?$top=1&sap-client=100&sap-language=EN"],
    ["a fragment", "/Orders#top", "/Orders?sap-client=100&sap-language=EN"],
    ["steps back", "/Items/../Orders", "/Orders?sap-client=100&sap-language=EN"],
    ["the client", "/Orders?sap-client=200", "/Orders?sap-client=200&sap-language=EN"],
    ["the client in other letters", "/Orders?sap%2Dclient=200", "/Orders?sap%2Dclient=200&sap-language=EN"],
    ["both", "/Orders?sap-language=DE&sap-client=200", "/Orders?sap-language=DE&sap-client=200"],
  ])("adds what a path with %s does not say", async (_kind, path, expected) => {
    await session.request({ method: "GET", path: csrfRoot + path });
    expect(gateway.seen[0]?.url).toBe(csrfRoot + expected);
  });

  it("sends nothing to another host, whoever names it", async () => {
    for (const path of ["https://evil.example/sap", "//evil.example/sap", "http://127.0.0.1:1/sap", "http://["]) {
      await expect(session.request({ method: "GET", path })).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    }
    expect(gateway.seen).toEqual([]);
    expect((await session.request({ method: "GET", path: `${baseUrl}/sap/opu` })).status).toBe(200);
  });

  it("keeps a context only where it has one to itself", async () => {
    await session.request(write);
    expect(session.cookieNames()).not.toContain("sap-contextid");
    const stateful = open({ isStateful: true });
    await stateful.request(write);
    expect(stateful.cookieNames()).toContain("sap-contextid");
  });

  it("sends nothing to another address: the credentials are for the system alone", async () => {
    for (const path of ["//127.0.0.2/x", "http://127.0.0.2/x", baseUrl.replace(/:\d+$/, ":1/x")]) {
      await expect(session.request({ method: "GET", path })).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    }
    expect(gateway.seen).toEqual([]);
  });

  it("lets a caller who gives up take no other's token away", async () => {
    const giveUp = new AbortController();
    const first = session.request({ ...write, signal: giveUp.signal });
    const second = session.request(write);
    giveUp.abort();
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await second).status).toBe(201);
  });
});
