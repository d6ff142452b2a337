import { type ConnectorError, ConnectorService } from "@isthmus/core";
import type { SalesforceSandbox, SalesforceSandboxOptions } from "@isthmus/sandbox";
import { FakeClock } from "@isthmus/testkit";
import { afterEach, describe, expect, it } from "vitest";
import {
  createSalesforceConnector,
  type JwtBearerOptions,
  type SalesforceConnector,
  salesforce,
} from "../src/index.js";
import { connectedTo, startSandbox } from "./connect.js";
import { appKey, otherKey } from "./keys.js";

const cleanUps: (() => Promise<void>)[] = [];
const tokenRequests = { path: "/services/oauth2/token", method: "POST" };

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function sandboxWith(options: SalesforceSandboxOptions = {}): Promise<SalesforceSandbox> {
  const sandbox = await startSandbox({ seed: false, client: { jwtPublicKey: appKey.publicKey }, ...options });
  cleanUps.push(() => sandbox.close());
  return sandbox;
}

function used(connector: SalesforceConnector): SalesforceConnector {
  cleanUps.push(() => connector.close());
  return connector;
}

function jwtTo(sandbox: SalesforceSandbox, options: Partial<JwtBearerOptions> = {}): SalesforceConnector {
  return used(
    createSalesforceConnector({
      authenticationMethod: "oauth2_jwt_bearer",
      clientId: sandbox.client.id,
      username: sandbox.username,
      privateKey: appKey.privateKey,
      loginUrl: sandbox.url,
      allowedPrivateHosts: [new URL(sandbox.url).host],
      ...options,
    }),
  );
}

function clientTo(sandbox: SalesforceSandbox, clientSecret = sandbox.client.secret): SalesforceConnector {
  return used(
    createSalesforceConnector({
      authenticationMethod: "oauth2_client_credentials",
      clientId: sandbox.client.id,
      clientSecret,
      loginUrl: sandbox.url,
      allowedPrivateHosts: [new URL(sandbox.url).host],
    }),
  );
}

async function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  return work.then(
    () => Promise.reject(new Error("Expected a failure, but it succeeded")),
    (error: ConnectorError) => error,
  );
}

describe("the JWT bearer flow", () => {
  it("works as the user that it signs for, without a person and without a refresh token", async () => {
    const sandbox = await sandboxWith();
    const connector = jwtTo(sandbox);
    expect(await connector.connect()).toMatchObject({ user: sandbox.username });
    expect((await connector.versions()).length).toBeGreaterThan(0);
    expect(sandbox.requests(tokenRequests)).toHaveLength(1);
  });

  it("signs a new assertion for each token, which ends within three minutes", async () => {
    const clock = new FakeClock();
    const sandbox = await sandboxWith({ clock: () => clock.now() });
    const connector = jwtTo(sandbox, { clock });
    await connector.connect();
    clock.advance(3 * 3_600_000);
    await connector.identity();
    expect(sandbox.requests(tokenRequests)).toHaveLength(2);
  });

  it("takes an audience of its own in place of the login address", async () => {
    const sandbox = await sandboxWith();
    await jwtTo(sandbox, { audience: "https://login.salesforce.com" }).connect();
    const error = await failureOf(jwtTo(sandbox, { audience: "https://example.org" }).connect());
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "invalid_grant" } });
    expect(error.message).toContain("audience");
  });

  it("tells an unknown key, an unknown user and an unknown app apart", async () => {
    const sandbox = await sandboxWith();
    const key = await failureOf(jwtTo(sandbox, { privateKey: otherKey.privateKey }).connect());
    expect(key).toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(key.message).toContain("certificate");
    const user = await failureOf(jwtTo(sandbox, { username: "nobody@example.com" }).connect());
    expect(user).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(user.message).toContain("pre-authorise");
    const app = await failureOf(jwtTo(sandbox, { clientId: "another-app" }).connect());
    expect(app).toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "invalid_client_id" } });
    for (const { message, stack } of [key, user, app]) expect(message + stack).not.toContain("PRIVATE KEY");
  });

  it("refuses a key that cannot sign before anything is sent", async () => {
    const sandbox = await sandboxWith();
    const privateKey = "-----BEGIN PRIVATE KEY-----\nbm8=\n-----END PRIVATE KEY-----";
    expect(await failureOf(jwtTo(sandbox, { privateKey }).connect())).toMatchObject({ code: "VALIDATION_FAILED" });
    expect(sandbox.requests(tokenRequests)).toHaveLength(0);
  });
});

describe("the client credentials flow", () => {
  it("works as the app's Run As user", async () => {
    const sandbox = await sandboxWith();
    expect(await clientTo(sandbox).connect()).toMatchObject({ user: sandbox.username });
    const [request] = sandbox.requests(tokenRequests);
    expect(request).toBeDefined();
  });

  it.each(["https://login.salesforce.com", "https://test.salesforce.com"])("is refused with %s at once", (loginUrl) => {
    const settings = { authenticationMethod: "oauth2_client_credentials", configuration: { loginUrl } } as const;
    const validate = () =>
      new ConnectorService().validateCredentials(salesforce, {
        ...settings,
        credentials: { clientId: "key", clientSecret: "secret" },
      });
    expect(validate).toThrow(/My Domain/);
    expect(validate).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("says of a wrong secret that it is the secret", async () => {
    const error = await failureOf(clientTo(await sandboxWith(), "wrong").connect());
    expect(error).toMatchObject({ code: "AUTHENTICATION_FAILED", vendor: { code: "invalid_client" } });
    expect(error.message).toContain("secret");
  });
});

describe("disconnecting", () => {
  const ways: [string, (sandbox: SalesforceSandbox) => Promise<SalesforceConnector>][] = [
    ["oauth2_authorization_code", (sandbox) => connectedTo(sandbox).then(used)],
    ["oauth2_jwt_bearer", async (sandbox) => jwtTo(sandbox)],
    ["oauth2_client_credentials", async (sandbox) => clientTo(sandbox)],
  ];

  it.each(ways)("revokes what %s was granted", async (_scheme, connect) => {
    const sandbox = await sandboxWith();
    const connector = await connect(sandbox);
    await connector.connect();
    const { value } = await connector.refreshToken();
    expect(await connector.disconnect()).toEqual({ revoked: true });
    const headers = { authorization: `Bearer ${value}` };
    expect((await fetch(`${sandbox.url}/services/data/v60.0/limits`, { headers })).status).toBe(401);
  });
});

describe("refreshing", () => {
  it.each([false, true])("goes on over many renewals where refresh tokens rotate: %s", async (rotateRefreshTokens) => {
    const clock = new FakeClock();
    const sandbox = await sandboxWith({ rotateRefreshTokens });
    const connector = used(await connectedTo(sandbox, { clock }));
    for (let round = 0; round < 5; round += 1) {
      clock.advance(60_000);
      sandbox.expireAccessTokens();
      await Promise.all(Array.from({ length: 10 }, () => connector.limits()));
    }
    expect(sandbox.requests(tokenRequests)).toHaveLength(5);
  });

  it("repeats a refresh whose answer was lost only where refresh tokens do not rotate", async () => {
    for (const rotateRefreshTokens of [false, true]) {
      const sandbox = await sandboxWith({ rotateRefreshTokens });
      const connector = used(await connectedTo(sandbox, { clock: new FakeClock() }));
      await connector.refreshToken();
      sandbox.expireAccessTokens();
      sandbox.addFault({ ...tokenRequests, cutAfter: true });
      const outcome = await connector.limits().then(
        () => "worked",
        ({ code }: ConnectorError) => code,
      );
      expect(outcome).toBe(rotateRefreshTokens ? "RECONNECT_REQUIRED" : "worked");
    }
  });
});
