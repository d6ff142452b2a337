import { custom } from "@isthmus/custom";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json, type LoopbackServer, startServer } from "../../../../packages/core/test/support/loopback-server.js";
import { TestBrowser } from "../support/browser.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

/** Hosts that nobody may name, by what they are. */
const hosts: readonly (readonly [string, string])[] = [
  ["loopback", "127.0.0.1"],
  ["loopback, another", "127.8.8.8"],
  ["loopback in decimal", "2130706433"],
  ["loopback in octal", "0177.0.0.1"],
  ["loopback in hexadecimal", "0x7f.0.0.1"],
  ["loopback in one hexadecimal number", "0x7f000001"],
  ["loopback, short", "127.1"],
  ["loopback with a trailing dot", "127.0.0.1."],
  ["loopback in full-width digits", "１２７.0.0.1"],
  ["loopback with an ideographic dot", "127。0。0。1"],
  ["loopback, percent-encoded", "%31%32%37.0.0.1"],
  ["nothing", "0.0.0.0"],
  ["nothing, short", "0"],
  ["private, 10/8", "10.0.0.8"],
  ["private, 172.16/12", "172.16.5.4"],
  ["private, 192.168/16", "192.168.1.1"],
  ["carrier-grade NAT", "100.64.0.1"],
  ["link-local", "169.254.1.1"],
  ["metadata of AWS, Azure and Google", "169.254.169.254"],
  ["metadata in decimal", "2852039166"],
  ["metadata of Alibaba", "100.100.100.200"],
  ["metadata of Oracle", "192.0.0.192"],
  ["Azure's host", "168.63.129.16"],
  ["metadata of AWS over IPv6", "[fd00:ec2::254]"],
  ["IPv6 loopback", "[::1]"],
  ["IPv6 loopback in long", "[0:0:0:0:0:0:0:1]"],
  ["IPv6 nothing", "[::]"],
  ["IPv6 private", "[fd12:3456::1]"],
  ["IPv6 link-local", "[fe80::1]"],
  ["IPv6 link-local with a zone", "[fe80::1%25eth0]"],
  ["mapped loopback", "[::ffff:127.0.0.1]"],
  ["mapped loopback in hexadecimal", "[::ffff:7f00:1]"],
  ["mapped metadata", "[::ffff:a9fe:a9fe]"],
  ["translated IPv4", "[::ffff:0:127.0.0.1]"],
  ["compatible IPv4", "[::127.0.0.1]"],
  ["NAT64", "[64:ff9b::7f00:1]"],
  ["NAT64 of one's own", "[64:ff9b:1::a00:1]"],
  ["6to4", "[2002:7f00:1::]"],
  ["Teredo", "[2001:0:4136:e378:8000:63bf:80ff:fffe]"],
  ["this machine's name", "localhost"],
  ["this machine's name with a trailing dot", "localhost."],
  ["this machine's name in capitals", "LOCALHOST"],
  ["this machine's name in circles", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"],
  ["this machine's name with a soft hyphen", "local\u00adhost"],
  ["a name below this machine's", "api.localhost"],
  ["loopback behind a user name", "api.example.com@127.0.0.1"],
  ["loopback behind a backslash", "127.0.0.1\\@api.example.com"],
  ["multicast", "224.0.0.1"],
  ["broadcast", "255.255.255.255"],
];

describe("an address that a tenant names", () => {
  const get = useServerDatabase();
  /** What must not be reached. It listens where most of the addresses lead. */
  let inside: LoopbackServer;
  /** What the operator has allowed. */
  let vendor: LoopbackServer;
  let service: TestService;
  let tenant: TestTenantClient;
  let vendorUrl: string;
  let codes = 0;

  beforeAll(async () => {
    [inside, vendor] = await Promise.all([startServer(), startServer()]);
    service = await startTestService(get().database, {
      connectors: [custom, sap],
      settings: { allowedPrivateHosts: [`localhost:${vendor.port}`] },
    });
    tenant = await service.createTenant();
    // By its name, so that no other port of 127.0.0.1 looks as if it were allowed.
    vendorUrl = `http://localhost:${vendor.port}`;
  });
  afterAll(async () => {
    await service?.close();
    await Promise.all([inside?.close(), vendor?.close()]);
  });

  const thing = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
  const base = (more: object = {}) => ({
    test: { path: "/account", accountId: "/id" },
    operations: [
      {
        name: "things.find",
        summary: "x",
        kind: "read",
        method: "GET",
        path: "/x",
        input: { type: "object" },
        output: thing,
      },
    ],
    entities: [
      {
        name: "things",
        schema: thing,
        list: { path: "/things", records: "/items", paging: { kind: "next_url", next: "/next" } },
        id: "/id",
      },
    ],
    ...more,
  });

  function create(externalSystemUrl: string, changes: Record<string, unknown> = {}) {
    codes += 1;
    return tenant.api.post("/v1/connectors", {
      code: `c-${codes}`,
      name: "x",
      type: "custom",
      environment: "sandbox",
      externalSystemUrl,
      authenticationMethod: "none",
      credentials: {},
      configuration: base(),
      ...changes,
    });
  }
  const refused = [
    [400, "VALIDATION_FAILED"],
    [422, "FORBIDDEN_TARGET"],
  ];
  const withClient = (oauth2: object) => ({
    authenticationMethod: "oauth2_client_credentials",
    credentials: { clientId: "client", clientSecret: "a-secret-of-the-tenant" },
    configuration: base({ authentication: { oauth2 } }),
  });

  it.each(hosts)("is refused as %s (%s), wherever it may be named", async (_, host) => {
    const made = await create("https://api.example.com");
    expect(made.status, made.text).toBe(201);
    const { body } = made;
    const url = `https://${host}:${inside.port}`;
    const publicToken = { tokenEndpoint: "https://login.example.com/token" };
    const answers = [
      await create(url),
      await create(`http://${host}:${inside.port}`),
      await create(`https://${host}`),
      await create("https://api.example.com", withClient({ tokenEndpoint: `${url}/token` })),
      await create("https://api.example.com", withClient({ ...publicToken, revocationEndpoint: `${url}/revoke` })),
      await tenant.api.patch(`/v1/connectors/${body.id}`, { externalSystemUrl: url }, { "if-match": '"1"' }),
      await create(url, {
        type: "sap",
        authenticationMethod: "basic",
        credentials: { username: "U", password: "a-secret-of-the-tenant" },
        configuration: { odata: { s: { path: "/sap/opu/odata/sap/S" } } },
      }),
      await create("https://sap.example.com", {
        type: "sap",
        authenticationMethod: "basic",
        credentials: { username: "U", password: "a-secret-of-the-tenant" },
        configuration: { rfc: { functionModules: ["RFC_PING"], wsdlHosts: [host.split("@").at(-1)] } },
      }),
      await create(url, { ...withClient({}), type: "salesforce", configuration: {} }),
    ];
    const isVendor = URL.parse(`https://${host}`)?.hostname === "localhost";
    for (const [at, answer] of answers.entries()) {
      if (host.includes("@") && at === 7) continue; // there it would be another host
      // Of a host alone nobody knows the port: the vendor's own name is judged when it is dialled.
      if (isVendor && answer.status === 201 && [3, 4, 7].includes(at)) {
        const test = await tenant.api.post(`/v1/connectors/${answer.body.id}/test`);
        expect(test.body, test.text).toMatchObject({ ok: false });
        continue;
      }
      expect(refused, `${at}: ${answer.text}`).toContainEqual([answer.status, answer.body.code]);
    }
    expect((await tenant.api.get(`/v1/connectors/${body.id}`)).body).toEqual(body);
  });

  it("is not reached by a redirect of the vendor's, whatever its status", async () => {
    const token = withClient({ tokenEndpoint: `${vendorUrl}/token` });
    const api = (await create(vendorUrl)).body.id;
    const oauth = (await create(vendorUrl, token)).body.id;
    for (const status of [301, 302, 303, 307, 308]) {
      vendor.otherwise((response) => response.writeHead(status, { location: `${inside.origin}/x` }).end());
      for (const id of [api, oauth]) {
        expect((await tenant.api.post(`/v1/connectors/${id}/test`)).body).toMatchObject({ ok: false });
        expect((await tenant.api.run(id, "things.find", {})).status).toBeGreaterThanOrEqual(400);
      }
    }
    expect(vendor.requests.length).toBeGreaterThanOrEqual(10);
  });

  it("is not reached by the next page that a vendor names", async () => {
    const { body } = await create(vendorUrl);
    for (const next of [`${inside.origin}/next`, `//${inside.host}/next`, `https://127.0.0.1:${inside.port}/`]) {
      vendor.otherwise(json({ items: [{ id: "1" }], next }));
      await tenant.api.get(`/v1/connectors/${body.id}/entities/things`);
      await tenant.api.run(body.id, "entities.read", { entity: "things" });
    }
  });

  it("is not reached because a token says that the system is there", async () => {
    vendor.otherwise((response, request) => {
      const tokens = {
        access_token: "t",
        token_type: "Bearer",
        instance_url: inside.origin,
        id: `${inside.origin}/id/1/2`,
      };
      json(request.path.includes("token") ? tokens : {})(response, request);
    });
    const { body } = await create(vendorUrl, { ...withClient({}), type: "salesforce", configuration: {} });
    expect((await tenant.api.post(`/v1/connectors/${body.id}/test`)).body).toMatchObject({
      ok: false,
      checks: [{ code: "FORBIDDEN_TARGET" }],
    });
    const method = { authenticationMethod: "oauth2_authorization_code", configuration: {} };
    const browser = (await create(vendorUrl, { ...withClient({}), type: "salesforce", ...method })).body.id;
    const link = await tenant.api.post(`/v1/connectors/${browser}/authorize`);
    const visitor = new TestBrowser();
    const started = await visitor.open(link.body.authorizationUrl);
    const state = new URL(started.headers.get("location") ?? "").searchParams.get("state") ?? "";
    await visitor.follow(`${service.url}/oauth/callback/salesforce?code=c0de&state=${state}`);
    expect((await tenant.api.post(`/v1/connectors/${browser}/test`)).body).toMatchObject({
      ok: false,
      checks: [{ code: "FORBIDDEN_TARGET" }],
    });
  });

  it("was not reached by any of them", () => {
    expect(inside.connections).toBe(0);
  });
});
