import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../core/test/support/certificates.js";
import { type LoopbackServer, startServer } from "../../core/test/support/loopback-server.js";
import { type CustomOptions, createCustomConnector } from "../src/index.js";

describe("a client certificate", () => {
  let authority: Authority;
  let api: LoopbackServer;
  beforeAll(async () => {
    authority = await createAuthority();
    const identity = await authority.issueServer(["127.0.0.1"]);
    api = await startServer({ ...identity, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
    api.otherwise((response) => {
      const { CN } = (response.socket as TLSSocket).getPeerCertificate().subject;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ you: String(CN) }));
    });
  });
  afterAll(() => api.close());

  const connect = (options: Pick<CustomOptions, "authenticationMethod" | "credentials">) =>
    createCustomConnector({
      ...options,
      configuration: {
        baseUrl: api.origin,
        trustedAuthorities: [authority.ca],
        test: { path: "/me", accountId: "/you" },
        operations: [
          {
            name: "me.get",
            summary: "Tells who asks.",
            kind: "read",
            method: "GET",
            path: "/me",
            output: { type: "object", properties: { you: { type: "string" } } },
          },
        ],
      },
      allowedPrivateHosts: [api.host],
    });

  it("is shown to the API, which knows the caller by it", async () => {
    const { cert, key } = await authority.issueClient("ACME");
    const connector = connect({
      authenticationMethod: "client_certificate",
      credentials: { certificate: cert, privateKey: key },
    });
    expect(await connector.testConnection()).toMatchObject({ ok: true, account: { id: "ACME" } });
    expect(await connector.call("me.get")).toEqual({ you: "ACME" });
    expect(api.requests.at(-1)?.headers).not.toHaveProperty("authorization");
    await connector.close();
  });

  it("that is missing, half or expired is refused with what is wrong", async () => {
    const { cert, key } = await authority.issueClient("OLD", new Date(Date.now() - 1_000));
    for (const credentials of [{}, { certificate: cert }, { certificate: cert, privateKey: key, pfx: "AAAA" }]) {
      expect(() => connect({ authenticationMethod: "client_certificate", credentials })).toThrow(
        expect.objectContaining({ code: "VALIDATION_FAILED" }),
      );
    }
    const old = connect({
      authenticationMethod: "client_certificate",
      credentials: { certificate: cert, privateKey: key },
    });
    const before = api.connections;
    await expect(old.call("me.get")).rejects.toMatchObject({
      code: "AUTHENTICATION_FAILED",
      message: expect.stringContaining("has expired"),
    });
    expect(api.connections).toBe(before);
    await old.close();
  });
});
