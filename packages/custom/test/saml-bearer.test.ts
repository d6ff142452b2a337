import { type SapSandbox, startSapSandbox } from "@isthmus/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSigningIdentity } from "../../core/test/support/signing-identity.js";
import { type CustomConnector, createCustomConnector } from "../src/index.js";

// An ABAP system checks the signature, the conditions and the subject; its OData service takes the token.
describe("a SAML assertion", () => {
  // Of letters and digits: the system does not decode what RFC 6749 has clients encode in a Basic header.
  const client = { name: "OAUTHCLIENT", password: "Secret1234" };
  const refused = { code: "AUTHENTICATION_FAILED", vendor: { code: "invalid_grant" } };
  const connectors: CustomConnector[] = [];
  let signing: Awaited<ReturnType<typeof createSigningIdentity>>;
  let sandbox: SapSandbox;

  beforeAll(async () => {
    signing = await createSigningIdentity();
    sandbox = await startSapSandbox({
      users: [{ name: "ISTHMUS", password: "Sandbox1234" }, client],
      saml: { issuer: "https://idp.example.com", certificate: signing.certificate },
    });
  });
  afterAll(async () => {
    await Promise.all(connectors.map((connector) => connector.close()));
    await sandbox.close();
  });

  function connect(
    samlAssertion: { issuer: string; audience: string; recipient?: string } | undefined,
    { key, certificate } = signing,
  ): CustomConnector {
    const connector = createCustomConnector({
      authenticationMethod: "oauth2_saml_bearer",
      credentials: {
        clientId: client.name,
        clientSecret: client.password,
        subject: "ISTHMUS",
        signingKey: key,
        signingCertificate: certificate,
      },
      configuration: {
        baseUrl: `${sandbox.url}/sap/opu/odata/sap/API_SALES_ORDER_SRV`,
        authentication: {
          oauth2: {
            tokenEndpoint: `${sandbox.url}/sap/bc/sec/oauth2/token`,
            clientAuthentication: "client_secret_basic",
            ...(samlAssertion && { samlAssertion }),
          },
        },
        test: { operation: "orders.count" },
        operations: [
          {
            name: "orders.count",
            summary: "Counts the orders.",
            kind: "read",
            method: "GET",
            path: "/A_SalesOrder",
            query: { $inlinecount: "allpages", $top: "1" },
            headers: { accept: "application/json" },
            output: { type: "string" },
            result: "/d/__count",
          },
        ],
      },
      allowedPrivateHosts: [new URL(sandbox.url).host],
    });
    connectors.push(connector);
    return connector;
  }

  it("gets a token for the user that it names, and the token is taken", async () => {
    const connector = connect({ issuer: "https://idp.example.com", audience: "S4H100" });
    expect(await connector.call("orders.count")).toBe("60");
  });

  it.each([
    ["of a stranger", { issuer: "https://elsewhere.example", audience: "S4H100" }],
    ["for another system", { issuer: "https://idp.example.com", audience: "QAS200" }],
    [
      "sent to another address",
      { issuer: "https://idp.example.com", audience: "S4H100", recipient: "https://qas.example.com/token" },
    ],
  ])("%s gets none", async (_, samlAssertion) => {
    await expect(connect(samlAssertion).call("orders.count")).rejects.toMatchObject(refused);
  });

  it("signed with a key that is not the provider's gets none", async () => {
    const connector = connect({ issuer: "https://idp.example.com", audience: "S4H100" }, await createSigningIdentity());
    await expect(connector.call("orders.count")).rejects.toMatchObject(refused);
  });

  it("that the configuration does not describe is missed before anything is sent", () => {
    expect(() => connect(undefined)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        issues: [expect.objectContaining({ path: "authentication.oauth2.samlAssertion" })],
      }),
    );
  });
});
