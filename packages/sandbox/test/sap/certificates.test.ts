import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SapSandbox, startSapSandbox } from "../../src/index.js";
import { type Authority, createAuthority, type Identity } from "./authority.js";
import { basic, roots } from "./client.js";

let authority: Authority;
let mapped: Identity;
let named: Identity;
let stranger: Identity;
let forged: Identity;
let sandbox: SapSandbox;

beforeAll(async () => {
  authority = createAuthority("Fjordline CA");
  const other = createAuthority("Other CA");
  const server = authority.issueServer();
  [mapped, named, stranger, forged] = [
    authority.issueClient("integration"),
    authority.issueClient("by-subject"),
    authority.issueClient("stranger"),
    other.issueClient("integration"),
  ];
  sandbox = await startSapSandbox({
    users: [{ name: "ISTHMUS", password: "Sandbox-Password-1" }, { name: "BATCH" }, { name: "GONE", locked: true }],
    client: { certificate: { subject: "CN=stranger" } },
    tls: {
      ...server,
      ca: authority.ca,
      certificates: [
        { fingerprint256: new X509Certificate(mapped.cert).fingerprint256, user: "batch" },
        { subject: "CN=by-subject", user: "GONE" },
      ],
    },
  });
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

function knock(identity: Identity | undefined, headers: Record<string, string> = {}, form?: string) {
  return new Promise<{ status: number; type: string; cookies: string[] }>((resolve, reject) => {
    const options = {
      ca: authority.ca,
      agent: false,
      headers: { accept: "application/json", ...headers },
      ...identity,
    };
    const url = sandbox.url + (form === undefined ? roots.order : "/oauth/token");
    const call = request(url, { ...options, method: form === undefined ? "GET" : "POST" }, (response) => {
      response.resume();
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          cookies: response.headers["set-cookie"] ?? [],
        }),
      );
    });
    call.on("error", reject).end(form);
  });
}

describe("logon by client certificate", () => {
  it("logs on whom the certificate is mapped to, and gives cookies for HTTPS only", async () => {
    const { status, cookies } = await knock(mapped);
    expect(status).toBe(200);
    expect(cookies.at(-1)).toMatch(/^SAP_SESSIONID_S4H_100=.*; secure$/);
  });

  it("answers a certificate without a rule, one of a locked user and none at all with 401 and a page", async () => {
    for (const identity of [stranger, named, undefined]) {
      expect(await knock(identity)).toMatchObject({ status: 401, type: expect.stringContaining("text/html") });
    }
  });

  it("takes a password where there is no certificate", async () => {
    expect((await knock(undefined, { authorization: basic("ISTHMUS", "Sandbox-Password-1") })).status).toBe(200);
  });

  it("cuts the connection when the certificate is of an authority that it does not trust", async () => {
    await expect(knock(forged)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });

  it("gives a token to the certificate of an X.509 binding, without a secret, and to no other", async () => {
    const form = `grant_type=client_credentials&client_id=${encodeURIComponent(sandbox.client.id)}`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await knock(stranger, headers, form)).status).toBe(200);
    expect((await knock(mapped, headers, form)).status).toBe(401);
    expect((await knock(undefined, headers, form)).status).toBe(401);
  });
});
