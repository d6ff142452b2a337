import { generateKeyPairSync, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { systemClock } from "@isthmus/core";
import { custom } from "@isthmus/custom";
import { quickbooks } from "@isthmus/quickbooks";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "../../../../packages/core/test/support/certificates.js";
import { createSigningIdentity } from "../../../../packages/core/test/support/signing-identity.js";
import { type Answer, ApiClient } from "../support/api-client.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { platformKey, startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { EchoingVendor } from "./echoing-vendor.js";
import { PlantedSecrets } from "./planted-secrets.js";
import { throwing } from "./throwing-connector.js";

/** How often each call is made: the vendor quotes something else each time. */
const turns = 7;

describe("no secret comes out", () => {
  const get = useServerDatabase();
  const planted = new PlantedSecrets();
  /** Everything that came out, by where. */
  const outputs = new Map<string, string>();
  let vendor: EchoingVendor;
  let service: TestService;
  let tenant: TestTenantClient;

  const note = (where: string, text: string) => void outputs.set(where, `${outputs.get(where) ?? ""}\n${text}`);

  /** @param own - Secrets that this one answer is there to hand over. */
  function record(where: string, answer: Answer, ...own: string[]): Answer {
    const text = `${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`;
    note(
      where,
      own.reduce((rest, value) => rest.replaceAll(value, "(handed over)"), text),
    );
    return answer;
  }

  beforeAll(async () => {
    vendor = await EchoingVendor.start(planted);
    service = await startTestService(get().database, {
      connectors: [custom, quickbooks, sap, throwing],
      settings: { allowedPrivateHosts: [vendor.server.host] },
      // Nobody waits for the pauses between tries.
      clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms < 2_000 ? 0 : ms, signal) },
    });
    service.services.events.onAny((name, event) =>
      note("events", inspect([name, event], { depth: 9, showHidden: true })),
    );
    tenant = await service.createTenant();
    planted.add("platform key", platformKey);
    planted.add("administrator's API key", tenant.apiKey);
    await useKeys();
    await useConnectors();
    await useBrowser();
    await useDeliveries();
    await useApproval();
    await useMistakes();
    await readOut();
  }, 120_000);
  afterAll(async () => {
    await service?.close();
    await vendor?.server.close();
  });

  async function useKeys(): Promise<void> {
    const made = await tenant.api.post("/v1/api-keys", { name: "second" });
    record("answers", made, planted.add("second API key", made.body.key));
    const rotated = await tenant.api.post(`/v1/api-keys/${made.body.id}/rotate`);
    record("answers", rotated, planted.add("rotated API key", rotated.body.key));
    const guess = planted.add("guessed API key", `isth_00000000_${randomBytes(32).toString("base64url")}`);
    for (const key of [guess, planted.plantPlain("guessed words")]) {
      record("answers", await new ApiClient(service.url, key).get("/v1/connectors"));
      record("answers", await new ApiClient(service.url, key).get("/v1/tenants"));
    }
    const basic = Buffer.from(`user:${planted.plant("password in Authorization")}`).toString("base64");
    record(
      "answers",
      await new ApiClient(service.url, undefined).get("/v1/connectors", { authorization: `Basic ${basic}` }),
    );
  }

  /** A connector of each authentication method, and everything that can be done with it while its vendor quotes what it is sent. */
  async function useConnectors(): Promise<void> {
    for (const [name, settings] of Object.entries(await settingsOfAll())) {
      const body = { code: name, name, environment: "sandbox", externalSystemUrl: vendor.server.origin, ...settings };
      const made = record("answers", await tenant.api.post("/v1/connectors", body));
      expect(made.status, `${name}: ${made.text}`).toBe(201);
      const path = `/v1/connectors/${made.body.id}`;
      const operations = record("answers", await tenant.api.get(`${path}/operations`)).body.data;
      for (let turn = 0; turn < turns; turn += 1) {
        vendor.refusesTokens = turn % 3 === 2;
        record("answers", await tenant.api.post(`${path}/test`));
        if (turn % 3 === 2) record("answers", await tenant.api.post(`${path}/refresh`));
        for (const [operation, input] of callsOf(operations)) {
          const key = planted.plantPlain(`Idempotency-Key of ${operation}`);
          record("answers", await tenant.api.run(made.body.id, operation, input));
          if (turn === 0)
            record("answers", await tenant.api.run(made.body.id, operation, input, { "idempotency-key": key }));
        }
        if (turn < 2) record("answers", await tenant.api.get(`${path}/entities`));
        if (turn < 2) record("answers", await tenant.api.get(`${path}/entities/things`));
      }
      vendor.refusesTokens = false;
      record("answers", await tenant.api.get(path));
      const changed = {
        credentials: { ...settings.credentials, unknown: planted.plant(`${name}: field that there is not`) },
      };
      record("answers", await tenant.api.patch(path, changed, { "if-match": '"1"' }));
      record("answers", await tenant.api.post(`${path}/disconnect`));
    }
  }

  /** Two calls that fail at the vendor. */
  function callsOf(operations: readonly { readonly name: string }[]): [string, unknown][] {
    const inputs: Readonly<Record<string, unknown>> = {
      "things.find": { id: "7" },
      "things.add": { name: "x" },
      query: { soql: "SELECT Id FROM Account" },
      "records.create": { sobject: "Account", record: { Name: "x" } },
      "odata.query": { service: "things", entitySet: "Things" },
      "company.get": {},
      throw: {},
      "throw.bulk": {},
    };
    return operations.flatMap(({ name }): [string, unknown][] => (name in inputs ? [[name, inputs[name]]] : []));
  }

  async function settingsOfAll(): Promise<
    Record<string, { credentials: Record<string, unknown> } & Record<string, unknown>>
  > {
    const { cert: certificate, key } = await (await createAuthority()).issueClient("planted");
    const saml = await createSigningIdentity();
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    // Of an RSA key the later lines: the first hold what is public, too.
    planted.add("private key of a client certificate", key.split("\n")[1] ?? "");
    planted.add("private key of assertions", pem.split("\n")[14] ?? "");
    planted.add("signing key of SAML", saml.key.split("\n")[14] ?? "");
    const tokenEndpoint = `${vendor.server.origin}/token`;
    const of = (configuration: object) => ({
      type: "custom",
      configuration: { ...customConfiguration, authentication: configuration },
    });
    const client = (name: string) => ({ clientId: "client", clientSecret: planted.plant(name) });
    const post = { oauth2: { tokenEndpoint } };
    const basic = { oauth2: { tokenEndpoint, clientAuthentication: "client_secret_basic" } };
    const salesforce = { type: "salesforce", configuration: {} };
    return {
      "key-in-header": {
        ...of({ apiKey: { in: "header", name: "X-Api-Key", prefix: "Token " } }),
        authenticationMethod: "api_key",
        credentials: { apiKey: planted.plantPlain("key in a header") },
      },
      "key-in-query": {
        ...of({ apiKey: { in: "query", name: "key" } }),
        authenticationMethod: "api_key",
        credentials: { apiKey: planted.plantPlain("key in a query") },
      },
      basic: {
        ...of({}),
        authenticationMethod: "basic",
        credentials: { username: "integration", password: planted.plant("password") },
      },
      "client-post": {
        ...of(post),
        authenticationMethod: "oauth2_client_credentials",
        credentials: client("secret in a form"),
      },
      "client-basic": {
        ...of(basic),
        authenticationMethod: "oauth2_client_credentials",
        credentials: client("secret in Basic"),
      },
      jwt: {
        ...of({ oauth2: { tokenEndpoint, assertion: {} } }),
        authenticationMethod: "oauth2_jwt_bearer",
        credentials: { clientId: "client", privateKey: pem },
      },
      saml: {
        ...of({ oauth2: { tokenEndpoint, samlAssertion: { issuer: "idp", audience: "api" } } }),
        authenticationMethod: "oauth2_saml_bearer",
        credentials: { clientId: "client", signingKey: saml.key, signingCertificate: saml.certificate, subject: "ada" },
      },
      certificate: {
        ...of({}),
        authenticationMethod: "client_certificate",
        credentials: { certificate, privateKey: key, passphrase: planted.plant("passphrase") },
      },
      "salesforce-client": {
        ...salesforce,
        authenticationMethod: "oauth2_client_credentials",
        credentials: client("consumer secret"),
      },
      "sap-basic": {
        type: "sap",
        configuration: { odata: { things: { path: "/sap/opu/odata/sap/THINGS" } } },
        authenticationMethod: "basic",
        credentials: { username: "INTEGRATION", password: planted.plant("password of SAP") },
      },
      throwing: {
        type: "throwing",
        externalSystemUrl: undefined,
        authenticationMethod: "api_key",
        credentials: { apiKey: planted.plantPlain("key that is thrown") },
      },
    };
  }

  /** The connect flow, whose vendor refuses the code at first. */
  async function useBrowser(): Promise<void> {
    const made = await tenant.api.post("/v1/connectors", {
      code: "browser",
      name: "browser",
      type: "salesforce",
      environment: "sandbox",
      externalSystemUrl: vendor.server.origin,
      authenticationMethod: "oauth2_authorization_code",
      credentials: { clientId: "client", clientSecret: planted.plant("consumer secret of a browser flow") },
    });
    for (const [turn, refuses] of [true, true, true, false].entries()) {
      vendor.refusesTokens = refuses;
      const link = await tenant.api.post(`/v1/connectors/${made.body.id}/authorize`);
      const url: string = link.body.authorizationUrl;
      record("answers", link, planted.add(`link ${turn}`, url.split("/").at(-1) ?? ""));
      const browser = new TestBrowser();
      const started = await browser.open(url);
      const state = planted.add(
        `state ${turn}`,
        new URL(started.headers.get("location") ?? "").searchParams.get("state") ?? "",
      );
      planted.add(`cookie ${turn}`, /=([^;]+)/.exec(browser.setCookies[0] ?? "")?.[1] ?? "");
      const code = planted.plant(`code ${turn}`);
      const callback = new URL(`${service.url}/oauth/callback/salesforce`);
      callback.search = new URLSearchParams({ code, state }).toString();
      const end = await browser.follow(callback.href);
      note("pages", `${end.url} ${end.status} ${JSON.stringify([...end.headers])} ${end.text}`);
      const again = await new TestBrowser().follow(callback.href);
      note("pages", `${again.url} ${again.text}`);
    }
    vendor.refusesTokens = false;
    for (let turn = 0; turn < turns; turn += 1) {
      record("answers", await tenant.api.post(`/v1/connectors/${made.body.id}/test`));
      record("answers", await tenant.api.run(made.body.id, "query", { soql: "SELECT Id FROM Account" }));
    }
  }

  async function useDeliveries(): Promise<void> {
    const secret = planted.plantPlain("verifier of deliveries");
    const body = { type: "quickbooks", name: "deliveries", environment: "sandbox", secret };
    const made = record("answers", await tenant.api.post("/v1/inbound-endpoints", body));
    expect(made.status).toBe(201);
    const next = planted.plantPlain("next verifier");
    const path = `/v1/inbound-endpoints/${made.body.id}`;
    record("answers", await tenant.api.patch(path, { secret: next, keepFormerSecrets: true }, { "if-match": '"1"' }));
    const signature = planted.plantPlain("signature of a delivery");
    for (const value of [signature, secret]) {
      const delivery = new ApiClient(service.url, undefined);
      record(
        "answers",
        await delivery.post(new URL(made.body.url).pathname, { secret: value }, { "intuit-signature": value }),
      );
    }
    record("answers", await tenant.api.get(path));
  }

  /** Changes that wait for somebody, with secrets in them. */
  async function useApproval(): Promise<void> {
    const body = {
      code: "production",
      name: "production",
      type: "salesforce",
      environment: "production",
      externalSystemUrl: "https://example.my.salesforce.com",
      authenticationMethod: "oauth2_client_credentials",
      credentials: { clientId: "client", clientSecret: planted.plant("secret that waits for approval") },
    };
    const asked = record("answers", await tenant.api.post("/v1/connectors", body));
    expect(asked.status, asked.text).toBe(202);
    record("answers", await tenant.api.get("/v1/change-requests"));
    record("answers", await tenant.api.get(`/v1/change-requests/${asked.body.id}`));
    record("answers", await tenant.api.post(`/v1/change-requests/${asked.body.id}/approve`));
  }

  /** Secrets where none belongs. */
  async function useMistakes(): Promise<void> {
    const misplaced = planted.plant("misplaced");
    const inUrl = encodeURIComponent(misplaced);
    for (const externalSystemUrl of [
      `https://user:${inUrl}@evil.example`,
      `https://evil.example/?token=${inUrl}`,
      misplaced,
    ]) {
      const body = { code: "mistake", name: "x", type: "salesforce", environment: "sandbox", externalSystemUrl };
      const credentials = { clientId: "client", clientSecret: misplaced };
      record(
        "answers",
        await tenant.api.post("/v1/connectors", {
          ...body,
          authenticationMethod: "oauth2_client_credentials",
          credentials,
        }),
      );
    }
    record(
      "answers",
      await tenant.api.post("/v1/connectors", `{"credentials":{"password":"${misplaced.replace('"', "")}`),
    );
    record("answers", await tenant.api.get(`/v1/connectors?cursor=${inUrl}&token=${inUrl}`));
    record("answers", await tenant.api.get(`/v1/${inUrl}`));
    record("answers", await tenant.api.get(`/v1/%E0%A4%A?token=${inUrl}`));
    record("answers", await tenant.api.get("/v1/connectors", { cookie: `session=${inUrl}` }));
    record("answers", await tenant.api.post("/v1/users", { email: misplaced, name: 7, roles: [misplaced] }));
  }

  async function readOut(): Promise<void> {
    const platform = new ApiClient(service.url, platformKey);
    for (const path of ["/metrics", "/v1/tenants", "/v1/keys", "/v1/platform/audit-events"])
      record(path, await platform.get(path));
    for (const path of ["/openapi.json", "/docs", "/v1/connector-types"]) record(path, await tenant.api.get(path));
    for (const path of ["audit-events", "connectors", "api-keys", "users", "inbound-endpoints", "operation-runs"]) {
      record(`/v1/${path}`, await tenant.api.get(`/v1/${path}?limit=200`));
    }
    note("logs", service.logLines.join("\n"));
    const { server, url } = get();
    const superuser = await server.connectAsSuperuser(url);
    try {
      const tables = await superuser.query(
        "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
      );
      for (const { name } of tables.rows) {
        const { rows } = await superuser.query(`select row_to_json(t)::text as row from "${name}" t`);
        note(`table ${name}`, rows.map(({ row }) => row).join("\n"));
      }
    } finally {
      await superuser.end();
    }
  }

  it("and the vendor was sent those that it quotes", () => {
    expect([...vendor.seen].filter((name) => !/token \d/.test(name))).toEqual(
      expect.arrayContaining([
        "key in a header",
        "key in a query",
        "password",
        "secret in a form",
        "secret in Basic",
        "consumer secret",
        "password of SAP",
        "consumer secret of a browser flow",
        "code 0",
      ]),
    );
    expect([...vendor.seen].filter((name) => name.startsWith("access token")).length).toBeGreaterThanOrEqual(5);
    expect(planted.names.length).toBeGreaterThan(40);
  });

  it.each([
    "answers",
    "pages",
    "logs",
    "events",
    "table audit_events",
    "table outbox_events",
    "table operation_runs",
    "table change_requests",
    "table idempotency_keys",
    "table connectors",
    "table connector_tokens",
    "table api_keys",
    "table inbound_events",
    "/metrics",
    "/openapi.json",
    "/v1/audit-events",
  ])("in %s", (where) => {
    expect(outputs.has(where)).toBe(true);
    expect(planted.locateIn(outputs.get(where) ?? "")).toEqual([]);
  });

  it("anywhere else", () => {
    for (const [where, text] of outputs) expect([where, planted.locateIn(text)]).toEqual([where, []]);
    expect(outputs.get("logs")?.length).toBeGreaterThan(20_000);
    expect(outputs.get("answers")?.length).toBeGreaterThan(50_000);
    expect(outputs.get("events")).toContain("operation.completed");
  });
});

const thing = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
const customConfiguration = {
  test: { path: "/account", accountId: "/id" },
  operations: [
    {
      name: "things.find",
      summary: "Finds.",
      kind: "read",
      method: "GET",
      path: "/things/{id}",
      input: thing,
      output: thing,
    },
    {
      name: "things.add",
      summary: "Adds.",
      kind: "write",
      method: "POST",
      path: "/things",
      body: {},
      input: { type: "object", properties: { name: { type: "string" } } },
      output: thing,
    },
  ],
  entities: [{ name: "things", schema: thing, list: { path: "/things", records: "/items" }, id: "/id" }],
  errors: { codePointer: "/error/code", messagePointer: "/error/message" },
};
