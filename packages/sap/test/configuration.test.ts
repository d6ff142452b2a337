import { describe, expect, it } from "vitest";
import { createSapConnector, type SapConfigurationInput, type SapOptions, sap } from "../src/index.js";
import { configurationSchema } from "../src/options/configuration.js";

const url = "https://s4.example.com:44300";
const basic = { authenticationMethod: "basic", credentials: { username: "ADA", password: "secret" } } as const;
const certificate = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
const privateKey = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----";

const refusal = (path: string) =>
  expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] });

describe("the configuration", () => {
  it("TASK-012 has the defaults that its documentation names", () => {
    expect(configurationSchema.parse({ url })).toEqual({
      url,
      language: "EN",
      odata: {},
      rfc: {
        path: "/sap/bc/soap/rfc",
        wsdlPath: "/sap/bc/soap/wsdl",
        functionModules: [],
        wsdls: {},
        wsdlFiles: {},
        wsdlHosts: [],
        returnParameters: [],
        lockMessages: [],
        statefulSessions: "unproven",
        wrappers: {},
      },
      idoc: { paths: {}, schemas: {}, entities: {}, schemaFiles: {} },
      limits: { concurrency: 10, sessions: 4, idleMs: 30_000 },
      retry: {},
      timeouts: {},
    });
  });

  it.each<[string, Partial<SapConfigurationInput>, string]>([
    ["an address with a path", { url: `${url}/sap` }, "url"],
    ["a client of two digits", { client: "10" }, "client"],
    ["an OData service of a whole address", { odata: { a: { path: `${url}/sap/opu/odata/sap/A` } } }, "odata.a.path"],
    ["a path that climbs", { rfc: { path: "/sap/../x" } }, "rfc.path"],
    ["a certificate file with a folder", { trustedAuthoritiesFile: "../ca.pem" }, "trustedAuthoritiesFile"],
    ["a message that is none", { rfc: { lockMessages: ["locked"] } }, "rfc.lockMessages.0"],
    [
      "an entity for IDocs of a service that is not configured",
      { idoc: { entities: { DEBMAS: "partners/A_Customer" } } },
      "idoc.entities.DEBMAS",
    ],
    ["an entity for IDocs without a service", { idoc: { entities: { DEBMAS: "A_Customer" } } }, "idoc.entities.DEBMAS"],
    [
      "an entity for no message type",
      { odata: { a: { path: "/a" } }, idoc: { entities: { debmas: "a/A" } } },
      "idoc.entities.debmas",
    ],
    ["no retries", { retry: { maxAttempts: 0 } }, "retry.maxAttempts"],
    ["a timeout of nothing", { timeouts: { headersMs: 0 } }, "timeouts.headersMs"],
  ])("TASK-012 refuses %s", (_case, changes, path) => {
    expect(() => createSapConnector({ ...basic, configuration: { url, ...changes } })).toThrow(refusal(path));
  });

  it("TASK-012 names every host that requests may go to", () => {
    const oauth = { tokenEndpoint: "https://acme.authentication.eu10.hana.ondemand.com/oauth/token" };
    const parsed = configurationSchema.parse({ url, oauth, rfc: { wsdlHosts: ["wsdl.example.com"] } });
    const hosts = ["s4.example.com", "acme.authentication.eu10.hana.ondemand.com", "wsdl.example.com"];
    expect(sap.allowedHosts(parsed)).toEqual(hosts);
  });
});

describe("credentials", () => {
  type Logon = Pick<SapOptions, "authenticationMethod" | "credentials">;

  it.each<[string, Logon, string]>([
    ["a user name with a colon", { ...basic, credentials: { username: "A:B", password: "x" } }, "username"],
    ["an empty password", { ...basic, credentials: { username: "ADA", password: "" } }, "password"],
    [
      "a certificate without its key",
      { authenticationMethod: "client_certificate", credentials: { certificate } },
      "certificate",
    ],
    [
      "a certificate twice",
      {
        authenticationMethod: "client_certificate",
        credentials: { certificate, privateKey, pfxFile: "acme.pfx" },
      },
      "certificate",
    ],
    [
      "a key that is no PEM",
      { authenticationMethod: "client_certificate", credentials: { certificate, privateKey: "secret" } },
      "privateKey",
    ],
  ])("TASK-011 refuses %s", (_case, logon, path) => {
    expect(() => createSapConnector({ ...logon, configuration: { url } })).toThrow(refusal(path));
  });

  it("TASK-011 takes user and password, and a certificate, and sends nothing for it", () => {
    const credentials = { certificate, privateKey };
    const configuration = { url };
    expect(() => createSapConnector({ ...basic, configuration })).not.toThrow();
    expect(() =>
      createSapConnector({ authenticationMethod: "client_certificate", credentials, configuration }),
    ).not.toThrow();
  });
});
