import * as client from "openid-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.js";
import { json, type LoopbackServer, reset, startServer } from "../../test/support/loopback-server.js";
import { transportFetch } from "./fetch-adapter.js";
import { createTransport } from "./transport.js";
import type { Transport } from "./types.js";

describe("transportFetch", () => {
  let server: LoopbackServer;
  let transport: Transport;
  beforeEach(async () => {
    server = await startServer();
    transport = createTransport({ allowedHosts: [], allowedPrivateHosts: [server.host], clock: createFakeClock() });
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });
  const configure = () => {
    const issuer = server.origin;
    const metadata = { issuer, token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke` };
    const configuration = new client.Configuration(metadata, "app", {}, client.ClientSecretPost("hush"));
    client.allowInsecureRequests(configuration);
    configuration[client.customFetch] = transportFetch(transport, { name: "oauth.token" });
    return configuration;
  };

  it("serves openid-client", async () => {
    server.reply(json({ access_token: "a", token_type: "bearer", expires_in: 60, instance_url: "https://x.example" }));
    const tokens = await client.refreshTokenGrant(configure(), "r1");
    expect(tokens).toMatchObject({ access_token: "a", instance_url: "https://x.example" });
    expect(server.requests).toMatchObject([
      {
        method: "POST",
        path: "/token",
        headers: { "content-type": expect.stringContaining("application/x-www-form-urlencoded") },
      },
    ]);
    expect(Object.fromEntries(new URLSearchParams(server.requests[0]?.body))).toMatchObject({
      grant_type: "refresh_token",
      refresh_token: "r1",
      client_secret: "hush",
    });
  });

  it("lets openid-client read the server's refusal", async () => {
    server.reply(json({ error: "invalid_grant" }, 400));
    await expect(client.refreshTokenGrant(configure(), "r1")).rejects.toMatchObject({
      error: "invalid_grant",
      status: 400,
    });
  });

  it("sends a token request once when it may have arrived", async () => {
    server.reply(reset());
    await expect(client.refreshTokenGrant(configure(), "r1")).rejects.toSatisfy((error: Error) =>
      JSON.stringify([error, error.cause]).includes("OUTCOME_UNKNOWN"),
    );
    expect(server.requests).toHaveLength(1);
  });

  it.each([204, 205, 304])("makes a response without body of a %i", async (status) => {
    server.reply((response) => response.writeHead(status).end());
    const response = await transportFetch(transport)(`${server.origin}/`);
    expect(response).toMatchObject({ status, body: null });
  });

  it.each([
    ["a string", "a=1"],
    ["search parameters", new URLSearchParams({ a: "1" })],
    ["bytes", new TextEncoder().encode("a=1")],
    ["a buffer", new TextEncoder().encode("a=1").buffer],
    ["a stream", new Blob(["a=1"]).stream()],
  ])("sends %s as the body", async (_kind, body) => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const response = await transportFetch(transport)(`${server.origin}/`, { method: "post", headers, body });
    expect(await response.json()).toEqual({ ok: true });
    expect(server.requests).toMatchObject([
      { method: "POST", body: "a=1", headers: { "content-type": headers["Content-Type"] } },
    ]);
  });

  it("refuses a method that nobody knows", async () => {
    const sending = transportFetch(transport)(`${server.origin}/`, { method: "TRACE" });
    await expect(sending).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});
