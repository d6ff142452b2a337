import { readFileSync } from "node:fs";
import { ConnectorFactory, noFiles, systemClock, ValidationError } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { exampleConfiguration } from "./example-configuration.js";
import { createCustomConnector, custom } from "./index.js";
import { configurationSchema } from "./options/configuration.js";
import { packageVersion } from "./package-version.js";

const operation = { name: "get", summary: "Gets.", kind: "read", method: "GET", path: "/x" };
const input = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
const entity = { name: "items", id: "/id", list: { path: "/items" } };
const parts = { files: noFiles, clock: systemClock };
const base = { baseUrl: "https://api.example.com", test: { path: "/me" }, operations: [operation] };

/** The paths of what is wrong with a configuration, with the words for each. */
function issuesOf(changes: object): Record<string, string> {
  const parsed = configurationSchema.safeParse({ ...base, ...changes });
  const issues = parsed.error?.issues ?? [];
  return Object.fromEntries(issues.map(({ path, message }) => [path.map(String).join("."), message]));
}

const withOperation = (changes: object) => issuesOf({ operations: [{ ...operation, ...changes }] });
const withEntity = (changes: object) => issuesOf({ entities: [{ ...entity, ...changes }] });
const withList = (changes: object, rest: object = {}) => withEntity({ list: { ...entity.list, ...changes }, ...rest });

describe("custom", () => {
  it("has the version of its package", () => {
    const file: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(file).toMatchObject({ version: packageVersion });
    expect(custom.version).toBe(packageVersion);
  });

  it("has an example that fits, and can be made by a factory from it", async () => {
    const connector = new ConnectorFactory([custom]).create("custom", {
      authenticationMethod: "api_key",
      credentials: { apiKey: "k" },
      configuration: exampleConfiguration,
    });
    await connector.close();
    const operations = custom.operations(configurationSchema.parse(exampleConfiguration));
    expect(operations.map(({ name, kind, idempotent }) => [name, kind, idempotent])).toEqual([
      ["customers.find", "read", true],
      ["customers.create", "write", false],
    ]);
  });

  it("publishes schemas that a form can be drawn from: every field described, secrets write-only", () => {
    const schemas = [
      custom.configuration,
      ...Object.values(custom.authentication).map(({ credentials }) => credentials),
    ];
    for (const schema of schemas) {
      for (const [name, property] of Object.entries(z.toJSONSchema(schema, { io: "input" }).properties ?? {})) {
        const described = typeof property === "object" && (property.description ?? "") !== "";
        expect(described, `${name} has a description`).toBe(true);
        const isSecret = /secret|password|passphrase|apiKey|privateKey$|signingKey$|pfx$|refreshToken/i.test(name);
        if (typeof property === "object") expect(property.writeOnly === true, name).toBe(isSecret);
      }
    }
  });

  it.each([
    ["oauth2_authorization_code", { clientId: "c" }, "authentication.oauth2"],
    ["oauth2_client_credentials", { clientId: "c", clientSecret: "s" }, "authentication.oauth2"],
    ["oauth2_jwt_bearer", { clientId: "c", privateKey: "-----BEGIN PRIVATE KEY-----" }, "authentication.oauth2"],
    [
      "oauth2_saml_bearer",
      {
        clientId: "c",
        signingKey: "-----BEGIN PRIVATE KEY-----",
        signingCertificate: "-----BEGIN CERTIFICATE-----",
        subject: "ada",
      },
      "authentication.oauth2",
    ],
    ["api_key", { apiKey: "k" }, "authentication.apiKey"],
  ] as const)(
    "refuses %s where the configuration does not say what it needs",
    (authenticationMethod, credentials, path) => {
      const make = () =>
        createCustomConnector({ authenticationMethod, credentials, configuration: configurationSchema.parse(base) });
      expect(make).toThrow(ValidationError);
      expect(make).toThrow(expect.objectContaining({ issues: [{ path, message: expect.any(String) }] }));
    },
  );

  it("sends to the API's host and those of the token endpoints only", () => {
    const oauth2 = {
      authorizationEndpoint: "https://login.example.net/authorize",
      tokenEndpoint: "https://tokens.example.org/token",
      revocationEndpoint: "https://tokens.example.org/revoke",
    };
    const configuration = configurationSchema.parse({ ...base, authentication: { oauth2 } });
    expect(custom.allowedHosts(configuration)).toEqual(["api.example.com", "tokens.example.org"]);
  });
});

describe("the limits", () => {
  it("are the transport's, with defaults that most APIs bear", () => {
    const limits = { concurrency: 2, ratePerSecond: 0.5, timeouts: { headersMs: 5_000 }, maxResponseBytes: 2_048 };
    expect(custom.transport?.(configurationSchema.parse({ ...base, limits }), {}, parts)).toEqual(limits);
    expect(custom.transport?.(configurationSchema.parse(base), {}, parts)).toEqual({
      concurrency: 5,
      timeouts: {},
      maxResponseBytes: 32 * 1024 * 1024,
    });
  });
});

describe("the configuration refuses", () => {
  it.each([
    "api.example.com",
    "ftp://api.example.com",
    "https://ada@api.example.com",
    "https://ada:secret@api.example.com",
    "https://api.example.com/?tenant=1",
    "https://api.example.com/#a",
    "https://api.example.com/%2e%2e",
    "https://api.example.com//x",
    "https://api.example.com/v1/../v2",
    "https://api.example.com\\v1",
    " https://api.example.com",
  ])("the base address %s", (baseUrl) => expect(issuesOf({ baseUrl })).toHaveProperty("baseUrl"));

  it.each([
    "x",
    "https://evil.example/x",
    "//evil.example/x",
    "/../x",
    "/x/..",
    "/./x",
    "/%2e%2e/x",
    "/a%2Fb",
    "/a%5cb",
    "/a%252e",
    "/a%00",
    "/a\\b",
    "/a?b=c",
    "/a#b",
    "/a b",
    "/a\r\nb",
    "/å",
    "/{id",
    "/id}",
    "/{}",
    "/{a b}",
    "/{id}",
    "/{other}",
  ])("the path %j", (path) =>
    expect(withOperation({ path })).toHaveProperty("path".replace("path", "operations.0.path")),
  );

  it("a path with a value that may be missing", () => {
    const optional = { type: "object", properties: { id: { type: "string" } } };
    expect(withOperation({ path: "/{id}", input: optional })).toHaveProperty("operations.0.path");
    expect(withOperation({ path: "/{id}", input })).toEqual({});
    const defaulted = { type: "object", properties: { id: { type: "string", default: "me" } } };
    expect(withOperation({ path: "/{id}", input: defaulted })).toEqual({});
  });

  it.each([
    "Authorization",
    "authorization",
    "Host",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Transfer-Encoding",
    "Connection",
    "Proxy-Authorization",
    "Sec-Fetch-Site",
    "Accept-Encoding",
    "X-HTTP-Method-Override",
    "X-Api-Key",
    "X-Auth-Token",
    "Client-Secret",
    "a b",
    "a:b",
    "a\r\nb",
    "",
  ])("the header %j", (name) => {
    expect(Object.keys(withOperation({ headers: { [name]: "1" } }))).toEqual([`operations.0.headers.${name}`]);
    if (name !== "") expect(withOperation({ kind: "write", method: "POST", idempotencyHeader: name })).not.toEqual({});
  });

  it.each(["a\r\nX-Evil: 1", "a\u0000", "å", "{a"])("the header value %j", (value) => {
    expect(withOperation({ headers: { "X-A": value } })).toHaveProperty("operations.0.headers.X-A");
  });

  it("one header twice, in two spellings", () => {
    expect(withOperation({ headers: { "X-A": "1", "x-a": "2" } })).toHaveProperty("operations.0.headers.x-a");
  });

  it("places that the input does not have, in every template", () => {
    const parts = { query: { a: "{no}" }, headers: { "X-A": "{no}" }, body: { template: { a: ["{no}"] } } };
    expect(Object.keys(withOperation({ kind: "write", method: "POST", ...parts }))).toEqual([
      "operations.0.query.a",
      "operations.0.headers.X-A",
      "operations.0.body.template",
    ]);
  });

  it.each([
    [{ kind: "read", idempotent: false }, "idempotent"],
    [{ body: {} }, "body"],
    [{ idempotencyHeader: "Idempotency-Key" }, "idempotencyHeader"],
    [{ name: "Get" }, "name"],
    [{ name: "get-it" }, "name"],
    [{ method: "TRACE" }, "method"],
    [{ kind: "bulk" }, "kind"],
    [{ result: "data" }, "result"],
    [{ result: "/a~2" }, "result"],
    [{ input: { type: "array" } }, "input.type"],
    [{ input: {} }, "input.type"],
    [{ kind: "write", method: "POST", body: { mediaType: "text/html" } }, "body.mediaType"],
    [{ kind: "write", method: "POST", body: { template: JSON.parse('{"__proto__": 1}') } }, "body.template"],
  ])("an operation with %j", (changes, path) =>
    expect(withOperation(changes)).toHaveProperty([`operations.0.${path}`]),
  );

  it("two operations or entities of one name", () => {
    expect(issuesOf({ operations: [operation, operation] })).toEqual({ "operations.1.name": "is there twice" });
    expect(issuesOf({ entities: [entity, entity] })).toEqual({ "entities.1.name": "is there twice" });
  });

  it("fields that it does not know, at any depth", () => {
    expect(issuesOf({ operatons: [] })).toHaveProperty([""]);
    expect(withOperation({ retries: 3 })).toHaveProperty(["operations.0"]);
    expect(withList({ paging: { kind: "cursor", parameter: "c", next: "/n", size: 3 } })).toHaveProperty([
      "entities.0.list.paging",
    ]);
  });

  it.each([
    [{ path: "/me", operation: "get" }, "test.path"],
    [{}, "test.path"],
    [{ path: "/{id}" }, "test"],
    [{ path: "/me", input: {} }, "test.input"],
    [{ operation: "none" }, "test.operation"],
    [{ operation: "get", input: { a: 1 } }, "test.input"],
  ])("the connection test %j", (test, path) => expect(issuesOf({ test })).toHaveProperty([path]));

  it.each([
    [{ list: { path: "/x/{since}" } }, "list"],
    [{ id: "" }, "id"],
    [{ id: "id" }, "id"],
    [{ changes: { field: "/t" } }, "changes.parameter"],
    [{ changes: { field: "/t", parameter: "s", overlapMs: 0 } }, "changes.overlapMs"],
    [{ changes: { field: "/t", parameter: "s" }, list: { path: "/x", query: { q: "{since}" } } }, "changes.parameter"],
    [{ changes: { field: "/t", parameter: "s" }, list: { path: "/x", query: { s: "1" } } }, "list.query"],
    [{ list: { path: "/x", query: { p: "1" }, paging: { kind: "page", parameter: "p" } } }, "list.query"],
    [{ list: { path: "/x", paging: { kind: "offset", parameter: "a", limitParameter: "a", limit: 5 } } }, "list.query"],
    [{ list: { path: "/x", body: {} } }, "list.body"],
    [{ list: { path: "/x", headers: { Cookie: "a=b" } } }, "list.headers.Cookie"],
  ])("an entity with %j", (changes, path) => expect(withEntity(changes)).toHaveProperty([`entities.0.${path}`]));

  it.each([
    [{ tokenEndpoint: "/token" }, "tokenEndpoint"],
    [{ tokenEndpoint: "https://ada:secret@login.example.com" }, "tokenEndpoint"],
    [{ tokenParameters: { client_secret: "s" } }, "tokenParameters.client_secret"],
    [{ tokenParameters: { Grant_Type: "password" } }, "tokenParameters.Grant_Type"],
    [{ authorizationParameters: { redirect_uri: "x" } }, "authorizationParameters.redirect_uri"],
    [{ scopes: ["a b"] }, "scopes.0"],
    [{ assertion: { claims: { iss: "x" } } }, "assertion.claims"],
  ])("OAuth with %j", (changes, path) => {
    const oauth2 = { tokenEndpoint: "https://login.example.com/token", ...changes };
    expect(issuesOf({ authentication: { oauth2 } })).toHaveProperty([`authentication.oauth2.${path}`]);
  });

  it.each([
    { name: "Host" },
    { name: "Cookie" },
    { name: "Content-Length" },
    { name: "a b" },
    { in: "query", name: "k", prefix: "Token " },
    { name: "X-Key", prefix: "a\r\n" },
  ])("an API key in %j", (apiKey) => expect(issuesOf({ authentication: { apiKey } })).not.toEqual({}));

  it("a request that sets what the API key is sent in", () => {
    const authentication = { apiKey: { in: "query", name: "key" } };
    expect(issuesOf({ authentication, operations: [{ ...operation, query: { key: "mine" } }] })).toHaveProperty([
      "operations.0.query",
    ]);
    expect(
      issuesOf({ authentication, entities: [{ ...entity, list: { path: "/x", query: { key: "mine" } } }] }),
    ).toHaveProperty(["entities.0.list.query"]);
    const header = { apiKey: { name: "X-Tenant-Key" } };
    expect(
      issuesOf({ authentication: header, test: { path: "/me", headers: { "x-tenant-key": "1" } } }),
    ).toHaveProperty(["test.headers"]);
  });

  it.each([
    [{ rules: [{ error: "CONFLICT" }] }, "errors.rules.0"],
    [{ rules: [{ status: [200], error: "CONFLICT" }] }, "errors.rules.0.status.0"],
    [{ rules: [{ code: ["a"], error: "CONFLICT" }] }, "errors.rules.0.code"],
    [{ rules: [{ status: [400], error: "OUTCOME_UNKNOWN" }] }, "errors.rules.0.error"],
  ])("the error map %j", (errors, path) => expect(issuesOf({ errors })).toHaveProperty([path]));

  it.each([{ concurrency: 0 }, { ratePerSecond: 0 }, { maxResponseBytes: 1e9 }, { timeouts: { headersMs: 0 } }])(
    "the limits %j",
    (limits) => expect(issuesOf({ limits })).not.toEqual({}),
  );

  it("nothing of what it should take", () => expect(issuesOf({})).toEqual({}));
});
