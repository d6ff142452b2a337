import OAuthClient from "intuit-oauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QuickbooksSandbox } from "../../src/index.js";
import { redirectUri, send } from "../client.js";
import { startForTest } from "./client.js";

const hour = 60 * 60 * 1000;
// Its own checks of lifetimes go by the real time.
let now = Date.now();
let sandbox: QuickbooksSandbox;

beforeAll(async () => {
  sandbox = await startForTest({ clock: () => now });
});

afterAll(() => sandbox.close());

/** Intuit's client, told nothing but where to find Intuit. */
function newClient(): OAuthClient {
  const client = new OAuthClient({
    clientId: sandbox.client.id,
    clientSecret: sandbox.client.secret,
    environment: "sandbox",
    redirectUri,
    includeRefreshTokenHardExpiresIn: true,
  });
  client.setAuthorizeURLs({
    authorizeEndpoint: `${sandbox.url}/connect/oauth2`,
    tokenEndpoint: `${sandbox.url}/oauth2/v1/tokens/bearer`,
    revokeEndpoint: `${sandbox.url}/v2/oauth2/tokens/revoke`,
    userInfoEndpoint: `${sandbox.url}/v1/openid_connect/userinfo`,
  });
  OAuthClient.environment.sandbox = `${sandbox.url}/`;
  OAuthClient.jwks_uri = `${sandbox.url}/op/v1/jwks`;
  return client;
}

async function connectClient(): Promise<OAuthClient> {
  const client = newClient();
  const { Accounting, OpenId, Email } = OAuthClient.scopes;
  const answer = await send(client.authorizeUri({ scope: [Accounting, OpenId, Email], state: "st&te" }));
  await client.createToken(answer.headers.get("location") ?? "");
  return client;
}

describe("Intuit's own OAuth client against the sandbox", () => {
  it("connects a company, and learns the realm from the callback", async () => {
    const client = await connectClient();
    expect(client.getToken()).toMatchObject({
      realmId: sandbox.realmId,
      token_type: "bearer",
      expires_in: 3600,
      x_refresh_token_expires_in: 8_640_000,
      state: "st&te",
    });
    expect(client.isAccessTokenValid()).toBe(true);
  });

  it("calls the accounting API and reads the user's information", async () => {
    const client = await connectClient();
    const url = `v3/company/${sandbox.realmId}/companyinfo/${sandbox.realmId}`;
    const answer = await client.makeApiCall({ url });
    expect(answer.json).toMatchObject({ CompanyInfo: { CompanyName: "Fjordline Garden Design", Id: "1" } });
    expect(answer.headers.intuit_tid).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    const created = await client.makeApiCall({
      url: `v3/company/${sandbox.realmId}/customer`,
      method: "POST",
      body: { DisplayName: "From Intuit's client" },
    });
    expect(created.json).toMatchObject({ Customer: { DisplayName: "From Intuit's client", SyncToken: "0" } });
    expect((await client.getUserInfo()).json).toEqual({
      sub: expect.any(String),
      email: "ada.lindqvist@fjordline.example",
      emailVerified: true,
    });
  });

  it("accepts the id token, and none that was tampered with", async () => {
    const client = await connectClient();
    expect(await client.validateIdToken()).toBe(true);
    const token: Record<string, unknown> = client.getToken();
    const [head, claims = "", signature] = String(token.id_token).split(".");
    const other = { ...JSON.parse(Buffer.from(claims, "base64url").toString()), sub: "someone else" };
    token.id_token = [head, Buffer.from(JSON.stringify(other)).toString("base64url"), signature].join(".");
    await expect(client.validateIdToken()).rejects.toThrow();
  });

  it("understands a fault", async () => {
    const client = await connectClient();
    const call = client.makeApiCall({ url: `v3/company/${sandbox.realmId}/customer`, method: "POST", body: {} });
    await expect(call).rejects.toMatchObject({ code: "6080", faultType: "ValidationFault" });
  });

  it("keeps the refresh token within a day, and gets a new one after it", async () => {
    const client = await connectClient();
    const first = { ...client.getToken() };
    await client.refresh();
    const second = client.getToken();
    expect(second.refresh_token).toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
    now += 25 * hour;
    const refreshed = await client.refresh();
    expect(client.getToken().refresh_token).not.toBe(first.refresh_token);
    expect(refreshed.getJson()).toMatchObject({
      x_refresh_token_expires_in: 8_640_000,
      x_refresh_token_hard_expires_in: 5 * 365 * 24 * 3600 - 25 * 3600,
    });
    await expect(client.refreshUsingToken(first.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  it("revokes the connection, after which neither token works", async () => {
    const client = await connectClient();
    const { access_token, refresh_token } = { ...client.getToken() };
    await client.revoke();
    const url = `${sandbox.url}/v3/company/${sandbox.realmId}/companyinfo/${sandbox.realmId}`;
    expect((await send(url, { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(401);
    await expect(newClient().refreshUsingToken(refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
  });
});
