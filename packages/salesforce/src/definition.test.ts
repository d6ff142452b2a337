import { readFileSync } from "node:fs";
import { ConnectorFactory } from "@isthmus/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createSalesforceConnector, salesforce } from "./index.js";
import { configurationSchema } from "./options.js";
import { packageVersion } from "./package-version.js";

const client = { clientId: "key", clientSecret: "secret" };
const refusal = (path: string) =>
  expect.objectContaining({ code: "VALIDATION_FAILED", issues: [expect.objectContaining({ path })] });

describe("salesforce", () => {
  it("has the version of its package", () => {
    const file: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(file).toMatchObject({ version: packageVersion });
    expect(salesforce.version).toBe(packageVersion);
  });

  it("can be registered and made by a factory", async () => {
    const connector = new ConnectorFactory([salesforce]).create("salesforce", {
      authenticationMethod: "oauth2_authorization_code",
      credentials: client,
      externalSystemUrl: "https://example.my.salesforce.com",
    });
    const { authorizationUrl } = await connector.getAuthUrl({ redirectUri: "https://example.com/callback" });
    expect(authorizationUrl).toMatch(/^https:\/\/example\.my\.salesforce\.com\/services\/oauth2\/authorize\?/);
    await connector.close();
  });

  it("publishes schemas that a form can be drawn from: every field described, secrets write-only", () => {
    const schemas = [
      salesforce.configuration,
      salesforce.authentication.oauth2_authorization_code?.credentials,
      ...salesforce.operations(configurationSchema.parse({})).flatMap(({ input, output }) => [input, output]),
    ];
    for (const schema of schemas) {
      for (const io of ["input", "output"] as const) {
        const { properties = {} } = z.toJSONSchema(schema ?? z.never(), { io });
        for (const [name, property] of Object.entries(properties)) {
          const described = typeof property === "object" && (property.description ?? property.title ?? "") !== "";
          expect(described, `${name} has a description`).toBe(true);
        }
      }
    }
    const { properties } = z.toJSONSchema(
      salesforce.authentication.oauth2_authorization_code?.credentials ?? z.never(),
    );
    expect(properties).toMatchObject({ clientSecret: { writeOnly: true }, refreshToken: { writeOnly: true } });
    expect(properties?.clientId).not.toHaveProperty("writeOnly");
  });
});

describe("the configuration", () => {
  it("has defaults for everything", () => {
    expect(configurationSchema.parse({})).toEqual({
      loginUrl: "https://login.salesforce.com",
      apiVersion: "v60.0",
      introspect: "auto",
      scopes: ["api", "refresh_token"],
      limits: { concurrentRequests: 25, reservePercent: 0 },
      timeouts: {},
    });
  });

  it.each([
    ["https://test.salesforce.com/", "https://test.salesforce.com"],
    ["https://Example--Dev.Sandbox.my.salesforce.com", "https://example--dev.sandbox.my.salesforce.com"],
  ])("takes %s as %s", (given, kept) => {
    expect(configurationSchema.parse({ loginUrl: given }).loginUrl).toBe(kept);
  });

  it.each([
    "login.salesforce.com",
    "ftp://login.salesforce.com",
    "https://login.salesforce.com/services",
    "https://login.salesforce.com/?x=1",
    "https://user:password@login.salesforce.com",
  ])("refuses the login address %s", (loginUrl) => {
    expect(() => createSalesforceConnector({ ...client, loginUrl })).toThrow(refusal("loginUrl"));
  });

  it("knows that https://login.salesforce.com is allowed and other hosts are not", async () => {
    const connector = createSalesforceConnector({
      ...client,
      loginUrl: "https://salesforce.com.example.org",
      refreshToken: "r",
    });
    await expect(connector.limits()).rejects.toMatchObject({ code: "FORBIDDEN_TARGET" });
    await connector.close();
  });

  it.each([
    ["60.0", /must look like v60\.0/],
    ["v60", /must look like v60\.0/],
    ["v30.0", /retired at Salesforce/],
    ["v69.0", /newer than this package knows/],
  ])("refuses the API version %s in words", (apiVersion, words) => {
    expect(() => createSalesforceConnector({ ...client, apiVersion })).toThrow(words);
    expect(() => createSalesforceConnector({ ...client, apiVersion })).toThrow(refusal("apiVersion"));
  });
});

describe("createSalesforceConnector", () => {
  it("names a missing client id and never the value of a wrong one", () => {
    expect(() => createSalesforceConnector({ clientId: "" })).toThrow(refusal("clientId"));
  });

  it("refuses an option that it does not know", () => {
    const options = { ...client, timeoutMs: 5 };
    expect(() => createSalesforceConnector(options)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });

  it("leaves the caller's options as they are", () => {
    const options = Object.freeze({ ...client, scopes: ["api"] });
    expect(() => createSalesforceConnector(options)).not.toThrow();
  });
});
