import type { TLSSocket } from "node:tls";
import { findChild, readXml, type XmlElement } from "@isthmus/core";
import { FakeClock } from "@isthmus/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../../core/test/support/certificates.js";
import { type LoopbackServer, startServer } from "../../../core/test/support/loopback-server.js";
import { createSigningIdentity } from "../../../core/test/support/signing-identity.js";
import type { SapConnector, SapOptions } from "../../src/index.js";
import { connectTo, metadataDocument } from "../support/connect.js";
import { verifySignature } from "../support/verify-signature.mjs";

// XSUAA's ids look like this, and it does not decode them in a Basic header.
const clientId = "sb-acme!b123|na-420adfc9!b4";
const clientSecret = "kX3/+=%=&secret";

describe("logon by OAuth 2.0", () => {
  let authority: Authority;
  let system: LoopbackServer;
  let tokens: LoopbackServer;
  let connector: SapConnector | undefined;
  /** Common names of the client certificates that each server was shown. */
  const shown: Record<"system" | "tokens", string[]> = { system: [], tokens: [] };

  beforeEach(async () => {
    authority = await createAuthority();
    const identity = await authority.issueServer(["127.0.0.1"]);
    const tls = { ...identity, ca: authority.ca, requestCert: true, rejectUnauthorized: false };
    [system, tokens] = await Promise.all([startServer(tls), startServer(tls)]);
    shown.system = [];
    shown.tokens = [];
    const nameOf = (socket: unknown) => String((socket as TLSSocket).getPeerCertificate().subject?.CN ?? "-");
    system.otherwise((response) => {
      shown.system.push(nameOf(response.socket));
      response.writeHead(200, { "content-type": "application/xml" }).end(metadataDocument);
    });
    tokens.otherwise((response) => {
      shown.tokens.push(nameOf(response.socket));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ access_token: "token-1", token_type: "bearer", expires_in: 43_199 }));
    });
  });
  afterEach(async () => {
    await connector?.close();
    await Promise.all([system.close(), tokens.close()]);
  });

  function connect(logon: Pick<SapOptions, "authenticationMethod" | "credentials">, oauth: object = {}) {
    connector = connectTo(system.origin, logon, {
      clock: new FakeClock(Date.parse("2026-11-26T10:00:00Z")),
      configuration: {
        trustedAuthorities: [authority.ca],
        oauth: { tokenEndpoint: `${tokens.origin}/oauth/token`, ...oauth },
      },
      allowedPrivateHosts: [system.host, tokens.host],
    });
    return connector;
  }

  it("sends an id that XSUAA would not decode in the form, and the token with each request", async () => {
    const credentials = { clientId, clientSecret };
    await connect({ authenticationMethod: "oauth2_client_credentials", credentials }).connect();
    const [asked] = tokens.requests;
    expect(asked?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
    });
    expect(system.requests[0]?.headers.authorization).toBe("Bearer token-1");
  });

  it("authenticates the client by a certificate, which only the token endpoint is shown", async () => {
    const { cert, key } = await authority.issueClient("XSUAA-CLIENT");
    const credentials = { clientId, certificate: cert, privateKey: key };
    await connect({ authenticationMethod: "oauth2_client_credentials", credentials }).connect();
    const form = Object.fromEntries(new URLSearchParams(tokens.requests[0]?.body));
    expect(form).toEqual({ grant_type: "client_credentials", client_id: clientId });
    expect(shown).toEqual({ system: ["-"], tokens: ["XSUAA-CLIENT"] });
  });

  it("sends an assertion that another implementation finds signed, and that says what RFC 7522 wants", async () => {
    const { key, certificate } = await createSigningIdentity();
    const credentials = {
      clientId: "ISTHMUS_OAUTH",
      clientSecret,
      signingKey: key,
      signingCertificate: certificate,
      subject: "ada & <söhne>@example.com",
    };
    const saml = { issuer: "https://idp.example.com", audience: "S4H_100", nameFormat: "emailAddress" };
    await connect(
      { authenticationMethod: "oauth2_saml_bearer", credentials },
      { saml, scopes: ["ZAPI_0001"] },
    ).connect();
    const form = new URLSearchParams(tokens.requests[0]?.body);
    expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:saml2-bearer");
    expect(form.get("scope")).toBe("ZAPI_0001");
    const text = Buffer.from(form.get("assertion") ?? "", "base64url").toString("utf8");

    expect(await verifySignature(text)).toBe(true);
    expect(await verifySignature(text.replace("ada &amp;", "eve &amp;"))).toBe(false);

    const assertion = readXml(text);
    expect(assertion.children.map(({ name }) => name).slice(0, 3)).toEqual(["Issuer", "Signature", "Subject"]);
    const subject = at(assertion, "Subject");
    expect(at(subject, "NameID").text).toBe(credentials.subject);
    expect(at(subject, "NameID").attributes.get("Format")).toMatch(/emailAddress$/);
    const confirmation = at(at(subject, "SubjectConfirmation"), "SubjectConfirmationData").attributes;
    expect(confirmation.get("Recipient")).toBe(`${tokens.origin}/oauth/token`);
    expect(confirmation.get("NotOnOrAfter")).toBe("2026-11-26T10:05:00.000Z");
    expect(at(at(at(assertion, "Conditions"), "AudienceRestriction"), "Audience").text).toBe("S4H_100");
  });

  it("says what is missing before anything is sent", () => {
    const credentials = { clientId, clientSecret };
    expect(() => connect({ authenticationMethod: "oauth2_saml_bearer", credentials: credentials as never })).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
    expect(() => connect({ authenticationMethod: "oauth2_client_credentials", credentials: { clientId } })).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: "clientSecret" })] }),
    );
  });
});

function at(element: XmlElement, name: string): XmlElement {
  const child = findChild(element, name);
  if (!child) throw new Error(`No ${name}`);
  return child;
}
