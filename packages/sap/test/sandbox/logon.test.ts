import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSigningIdentity } from "../../../core/test/support/signing-identity.js";
import { createSapConnector } from "../../src/index.js";
import { type OpenSap, openSap, services } from "./open-sap.js";

let sap: OpenSap;

let signing: Awaited<ReturnType<typeof createSigningIdentity>>;

beforeAll(async () => {
  signing = await createSigningIdentity();
  sap = await openSap({
    saml: { issuer: "https://idp.example.com", certificate: signing.certificate },
    users: [
      { name: "ISTHMUS", password: "Sandbox-Password-1" },
      { name: "LOCKED", password: "Sandbox-Password-2", locked: true },
      { name: "OAUTH_CLIENT", password: "Sandbox-Password-3" },
    ],
  });
});
afterAll(() => sap.sandbox.close());
beforeEach(() => sap.sandbox.reset());

const wrong = { password: "Wrong-Password-1" };
const isRefused = { code: "AUTHENTICATION_FAILED", retryable: false };

describe("a wrong password", () => {
  it("is tried once by fifty calls at once of every kind, and locks nobody", async () => {
    const connector = sap.connect({ rfc: { functionModules: ["RFC_PING"] } }, wrong);
    const calls = Array.from({ length: 50 }, (_, at) => {
      if (at % 3 === 0) return connector.rfc.call("RFC_PING");
      return at % 3 === 1 ? connector.odata("orders") : connector.http.request({ method: "GET", path: "/sap/bc/x" });
    });
    const results = await Promise.allSettled(calls);
    for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: isRefused });
    expect(sap.sandbox.requests()).toHaveLength(1);
    expect(sap.sandbox.isLocked(sap.sandbox.user.name)).toBe(false);
  });

  it("is tried once more by each test of the connection, and stands in no error", async () => {
    const connector = sap.connect({}, wrong);
    for (const tries of [1, 2]) {
      const test = await connector.testConnection();
      expect(test.checks).toMatchObject([{ name: "identity", ok: false, code: "AUTHENTICATION_FAILED" }]);
      expect(JSON.stringify(test)).not.toContain(wrong.password);
      expect(sap.sandbox.requests()).toHaveLength(tries);
    }
    await expect(connector.odata("orders")).rejects.toMatchObject(isRefused);
    expect(sap.sandbox.requests()).toHaveLength(2);
  });
});

describe("the secret of an OAuth client, which is the password of a user of the system", () => {
  const connect = (clientSecret: string) =>
    createSapConnector({
      authenticationMethod: "oauth2_saml_bearer",
      credentials: {
        clientId: "OAUTH_CLIENT",
        clientSecret,
        subject: "ISTHMUS",
        signingKey: signing.key,
        signingCertificate: signing.certificate,
      },
      configuration: {
        url: sap.sandbox.url,
        client: "100",
        odata: services,
        oauth: {
          tokenEndpoint: `${sap.sandbox.url}/sap/bc/sec/oauth2/token`,
          saml: { issuer: "https://idp.example.com", audience: "S4H100" },
        },
      },
      allowedPrivateHosts: [new URL(sap.sandbox.url).host],
    });

  it("logs on", async () => {
    const orders = await connect("Sandbox-Password-3").odata("orders");
    expect(await orders.count("A_SalesOrder")).toBe(60);
  });

  it("is tried once when it is wrong, by calls at once and one after the other, and locks nobody", async () => {
    const connector = connect("Wrong-Password-1");
    await Promise.allSettled(Array.from({ length: 20 }, () => connector.odata("orders")));
    for (let call = 0; call < 8; call += 1) await expect(connector.odata("orders")).rejects.toMatchObject(isRefused);
    expect(sap.sandbox.requests()).toHaveLength(1);
    expect(sap.sandbox.isLocked("OAUTH_CLIENT")).toBe(false);
  });
});

describe("a connection test", () => {
  it("names system and client, and each service that answers or does not", async () => {
    const odata = { ...services, gone: { path: "/sap/opu/odata/sap/Z_NOT_THERE" } };
    const test = await sap.connect({ odata }).testConnection();
    expect(test.account).toMatchObject({ id: "S4H/100", user: sap.sandbox.user.name });
    expect(test.checks).toMatchObject([
      { name: "identity", ok: true },
      { name: "service:partners", ok: true },
      { name: "service:orders", ok: true },
      { name: "service:orders-v4", ok: true },
      { name: "service:gone", ok: false, code: "NOT_FOUND" },
    ]);
    expect(test.ok).toBe(false);
  });

  it("tells a locked user, a client that is not there, and a logon form apart from an answer", async () => {
    const locked = sap.connect({}, { username: "LOCKED", password: "Sandbox-Password-2" });
    expect((await locked.testConnection()).checks).toMatchObject([{ ok: false, code: "AUTHENTICATION_FAILED" }]);
    const elsewhere = sap.connect({ client: "200" });
    expect((await elsewhere.testConnection()).checks).toMatchObject([{ ok: false, code: "AUTHENTICATION_FAILED" }]);
    sap.sandbox.configure({ logonForm: true });
    const [check] = (await sap.connect({}, wrong).testConnection()).checks;
    expect(check).toMatchObject({ ok: false, code: "AUTHENTICATION_FAILED" });
    expect(check?.detail).toContain("log a person on");
  });
});

describe("a logon form in place of an answer", () => {
  it("is no success of any call, and is no password that is tried again", async () => {
    sap.sandbox.configure({ logonForm: true });
    const connector = sap.connect(
      {
        rfc: { functionModules: ["RFC_PING"] },
        idoc: { partners: { SNDPOR: "ISTHMUS", SNDPRN: "ISTHMUS", RCVPOR: "SAPS4H", RCVPRN: "S4HCLNT100" } },
      },
      wrong,
    );
    const idoc = { control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" }, segments: [{ name: "E1EDK01" }] };
    await expect(connector.odata("orders")).rejects.toMatchObject(isRefused);
    await expect(connector.rfc.call("RFC_PING")).rejects.toMatchObject(isRefused);
    await expect(connector.idocs.send([idoc], { idempotencyKey: "k" })).rejects.toMatchObject(isRefused);
    await expect(connector.idocs.send([idoc], { idempotencyKey: "k", form: "soap" })).rejects.toMatchObject(isRefused);
    expect(sap.sandbox.isLocked(sap.sandbox.user.name)).toBe(false);
  });
});
