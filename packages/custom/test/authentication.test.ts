import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { FakeClock } from "@isthmus/testkit";
import { describe, expect, it } from "vitest";
import type { CustomConfigurationInput } from "../src/index.js";
import { startRestServer } from "./rest-server.js";

const apiKey = "k+/= &secret-0123456789";
const plainKey = "k+/=&secret-0123456789";

describe("an API key", () => {
  it.each<[NonNullable<CustomConfigurationInput["authentication"]>["apiKey"], string, string | undefined]>([
    [{ name: "X-Api-Key" }, "/ping", plainKey],
    [{ in: "header", name: "X-Api-Key", prefix: "Token " }, "/ping", `Token ${plainKey}`],
    [{ in: "query", name: "key" }, `/ping?key=${encodeURIComponent(plainKey)}`, undefined],
  ])("goes where the configuration says (%j), and only there", async (option, target, header) => {
    await using server = await startRestServer(() => ({}));
    const connector = server.connector(
      { authentication: { apiKey: option } },
      { authenticationMethod: "api_key", credentials: { apiKey: plainKey } },
    );
    await connector.call("ping");
    expect(server.requests[0]).toMatchObject({ target });
    expect(server.requests[0]?.headers["x-api-key"]).toBe(header);
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("that could not be sent is refused without being shown", async () => {
    await using server = await startRestServer(() => ({}));
    const make = () =>
      server.connector(
        { authentication: { apiKey: { name: "X-Api-Key" } } },
        { authenticationMethod: "api_key", credentials: { apiKey } },
      );
    expect(make).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", message: expect.not.stringContaining("secret") }),
    );
  });

  it("does not show in what the API says of it", async () => {
    const quoted = [plainKey, encodeURIComponent(plainKey), Buffer.from(plainKey).toString("base64")].join(" ");
    await using server = await startRestServer(() => ({
      status: 400,
      body: { code: plainKey, message: `Bad: ${quoted}` },
    }));
    const connector = server.connector(
      {
        authentication: { apiKey: { name: "X-Api-Key" } },
        errors: { codePointer: "/code", messagePointer: "/message" },
      },
      { authenticationMethod: "api_key", credentials: { apiKey: plainKey } },
    );
    const failure = await connector.call("ping").catch((error: unknown) => error);
    expect(failure).toMatchObject({ vendor: { status: 400, message: "Bad: [redacted] [redacted] [redacted]" } });
    expect(JSON.stringify(failure)).not.toContain("secret-0123");
  });
});

describe("a long secret", () => {
  it("does not show in part either", async () => {
    const apiKey = "long-secret/".repeat(700);
    await using server = await startRestServer(() => ({
      status: 400,
      body: { message: `${encodeURIComponent(apiKey)} ${apiKey}` },
    }));
    const connector = server.connector(
      { authentication: { apiKey: { in: "query", name: "key" } }, errors: { messagePointer: "/message" } },
      { authenticationMethod: "api_key", credentials: { apiKey } },
    );
    const failure = await connector.call("ping").catch((error: unknown) => error);
    expect(failure).toMatchObject({ vendor: { status: 400, message: expect.stringMatching(/^\[redacted\]/) } });
  });
});

describe("a user name and password", () => {
  it("are sent as Basic, in UTF-8", async () => {
    await using server = await startRestServer(() => ({}));
    const credentials = { username: "ada", password: "pä:ss" };
    await server.connector({}, { authenticationMethod: "basic", credentials }).call("ping");
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("ada:pä:ss").toString("base64")}`);
  });
});

describe("a signed assertion", () => {
  const keys = {
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    PS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  };
  const pem = (algorithm: keyof typeof keys) =>
    keys[algorithm].privateKey.export({ type: "pkcs8", format: "pem" }).toString();

  it.each(["RS256", "PS256", "ES256"] as const)(
    "of %s gets a token, which goes with the requests",
    async (algorithm) => {
      await using server = await startRestServer(({ path }) =>
        path === "/token" ? { body: { access_token: "granted-token", token_type: "Bearer", expires_in: 3600 } } : {},
      );
      const clock = new FakeClock(Date.UTC(2026, 0, 1));
      const connector = server.connector(
        {
          authentication: {
            oauth2: {
              tokenEndpoint: `${server.url}/token`,
              scopes: ["read", "write"],
              tokenParameters: { audience: "rest" },
              assertion: { algorithm, subject: "ada@example.com", claims: { tenant: "acme" } },
            },
          },
        },
        {
          authenticationMethod: "oauth2_jwt_bearer",
          credentials: { clientId: "client", privateKey: pem(algorithm), keyId: "k1" },
          clock,
        },
      );
      await connector.call("ping");
      const [asked, called] = server.requests;
      const form = new URLSearchParams(asked?.body);
      expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
      expect(form.get("audience")).toBe("rest");
      const [header = "", payload = "", signature = ""] = (form.get("assertion") ?? "").split(".");
      expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
        alg: algorithm,
        typ: "JWT",
        kid: "k1",
      });
      const seconds = Date.UTC(2026, 0, 1) / 1000;
      expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toEqual({
        tenant: "acme",
        iss: "client",
        sub: "ada@example.com",
        aud: `${server.url}/token`,
        iat: seconds,
        exp: seconds + 180,
        jti: expect.stringMatching(/^[\w-]{36}$/),
      });
      const key = createPublicKey(keys[algorithm].publicKey.export({ type: "spki", format: "pem" }));
      const options =
        algorithm === "PS256"
          ? { padding: 6, saltLength: 32 }
          : algorithm === "ES256"
            ? { dsaEncoding: "ieee-p1363" as const }
            : {};
      expect(
        verify("sha256", Buffer.from(`${header}.${payload}`), { key, ...options }, Buffer.from(signature, "base64url")),
      ).toBe(true);
      expect(called?.headers.authorization).toBe("Bearer granted-token");
    },
  );

  it.each([
    ["of another kind", () => pem("ES256")],
    ["that is none", () => "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"],
  ])("with a key %s is refused without showing it, and sends nothing", async (_, makeKey) => {
    await using server = await startRestServer(() => ({}));
    const connector = server.connector(
      { authentication: { oauth2: { tokenEndpoint: `${server.url}/token`, assertion: {} } } },
      { authenticationMethod: "oauth2_jwt_bearer", credentials: { clientId: "client", privateKey: makeKey() } },
    );
    const failure = await connector.call("ping").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "VALIDATION_FAILED", issues: [{ path: "privateKey" }] });
    expect(JSON.stringify(failure)).not.toContain("c2VjcmV0");
    expect(server.requests).toHaveLength(0);
  });
});

describe("a token", () => {
  const oauth = (url: string) => ({
    oauth2: { tokenEndpoint: `${url}/token`, clientAuthentication: "client_secret_basic" as const },
  });
  const client = { clientId: "client", clientSecret: "client-secret-0123" };

  it("is renewed once when a rule says that the answer refuses it", async () => {
    let granted = 0;
    await using server = await startRestServer(({ path, headers }) => {
      if (path === "/token") {
        granted += 1;
        return { body: { access_token: `token-${granted}`, token_type: "Bearer", expires_in: 3600 } };
      }
      return headers.authorization === "Bearer token-2" ? {} : { status: 403, body: { code: "SESSION_ENDED" } };
    });
    const connector = server.connector(
      {
        authentication: oauth(server.url),
        errors: {
          codePointer: "/code",
          rules: [{ status: [403], code: ["SESSION_ENDED"], error: "AUTHENTICATION_FAILED" }],
        },
      },
      { authenticationMethod: "oauth2_client_credentials", credentials: client },
    );
    expect(await connector.call("ping")).toEqual({});
    expect(server.requests.map(({ path }) => path)).toEqual(["/token", "/ping", "/token", "/ping"]);
  });

  it("is got at another host than the API's, whose requests never go there", async () => {
    await using issuer = await startRestServer(() => ({
      body: { access_token: "from-elsewhere", token_type: "Bearer" },
    }));
    await using server = await startRestServer(() => ({}));
    const connector = server.connector(
      { authentication: oauth(issuer.url) },
      {
        authenticationMethod: "oauth2_client_credentials",
        credentials: client,
        allowedPrivateHosts: [server.host, issuer.host],
      },
    );
    await connector.call("ping");
    expect(issuer.requests.map(({ path }) => path)).toEqual(["/token"]);
    expect(issuer.requests[0]?.headers.authorization).toMatch(/^Basic /);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer from-elsewhere");
  });
});

describe("a connection test", () => {
  it("names the account by the answer, or by the base address", async () => {
    await using server = await startRestServer(() => ({ body: { account: { id: 7, title: "Acme" }, me: "ada" } }));
    const test = {
      path: "/me",
      accountId: "/account/id",
      accountName: "/account/title",
      user: "/me",
      environment: "production",
    } as const;
    expect(await server.connector({ test }).connect()).toEqual({
      id: "7",
      name: "Acme",
      user: "ada",
      environment: "production",
    });
    expect(await server.connector({}).connect()).toEqual({ id: server.url, name: server.url, environment: "unknown" });
  });

  it("may be an operation with an input", async () => {
    await using server = await startRestServer(({ query }) => ({ body: { data: { id: query.get("who") } } }));
    const input = { type: "object", properties: { who: { type: "string" } } };
    const who = {
      name: "who",
      summary: "Tells.",
      kind: "read",
      method: "GET",
      path: "/who",
      query: { who: "{who}" },
      input,
      output: {},
      result: "/data",
    } as const;
    const connector = server.connector({
      operations: [who],
      test: { operation: "who", input: { who: "ada" }, accountId: "/id" },
    });
    expect(await connector.connect()).toMatchObject({ id: "ada" });
  });

  it("fails in words where the account is not found in the answer", async () => {
    await using server = await startRestServer(() => ({ body: {} }));
    const connector = server.connector({ test: { path: "/me", accountId: "/id" } });
    expect(await connector.testConnection()).toMatchObject({
      ok: false,
      checks: [{ name: "identity", ok: false, code: "UNEXPECTED_RESPONSE", detail: expect.stringContaining('"/id"') }],
    });
  });
});
