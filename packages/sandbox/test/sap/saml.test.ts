import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkAssertion } from "../../src/sap/logon/saml/check-assertion.js";
import { basic, openSandbox, part, roots, type SapCaller } from "./client.js";

/** The signer is not ours: it is the one that strong-soap uses. */
interface SignedXml {
  signingKey: string;
  signatureAlgorithm: string;
  canonicalizationAlgorithm: string;
  addReference(xpath: string, transforms: string[], digest: string): void;
  computeSignature(xml: string, options: object): void;
  getSignedXml(): string;
}
const strongSoap = createRequire(createRequire(import.meta.url).resolve("strong-soap"));
const { SignedXml }: { SignedXml: new () => SignedXml } = strongSoap("xml-crypto");

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const now = Date.UTC(2026, 4, 31, 10, 20, 30);
const rules = {
  issuer: "https://idp.fjordline.example",
  audience: "S4H100",
  recipient: "https://s4h.example/sap/bc/sec/oauth2/token",
  key: publicKey,
  now,
};

const at = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();

function assertion(
  changes: { issuer?: string; audience?: string; recipient?: string; minutes?: number; user?: string } = {},
): string {
  const {
    issuer = rules.issuer,
    audience = rules.audience,
    recipient = rules.recipient,
    minutes = 5,
    user = "Isthmus",
  } = changes;
  return `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" ID="_a1" IssueInstant="${at(0)}" Version="2.0"><saml2:Issuer>${issuer}</saml2:Issuer>
  <saml2:Subject><saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">${user}</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData NotOnOrAfter="${at(minutes)}" Recipient="${recipient}"/></saml2:SubjectConfirmation></saml2:Subject>
  <saml2:Conditions NotBefore="${at(-5)}" NotOnOrAfter="${at(minutes)}"><saml2:AudienceRestriction><saml2:Audience>${audience}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>
  <saml2:AttributeStatement><saml2:Attribute Name="größe &amp; &quot;maß&quot;"><saml2:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">a &lt; b &gt; c</saml2:AttributeValue></saml2:Attribute></saml2:AttributeStatement></saml2:Assertion>`;
}

function sign(xml: string): string {
  const signer = new SignedXml();
  signer.signingKey = key;
  signer.signatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  signer.canonicalizationAlgorithm = "http://www.w3.org/2001/10/xml-exc-c14n#";
  const transforms = [
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
  ];
  signer.addReference("/*", transforms, "http://www.w3.org/2001/04/xmlenc#sha256");
  signer.computeSignature(xml, { location: { reference: "//*[local-name(.)='Issuer']", action: "after" } });
  return signer.getSignedXml();
}

describe("a SAML bearer assertion", () => {
  it("is good when it is signed, meant for this system, and in time", () => {
    expect(checkAssertion(sign(assertion()), rules)).toBe("Isthmus");
  });

  it.each([
    ["another issuer", { issuer: "https://evil.example" }, /issuer/],
    ["another audience", { audience: "P01200" }, /audience/],
    ["another recipient", { recipient: "https://other.example/token" }, /subject confirmation/],
    ["a time that is over", { minutes: -4 }, /run out/],
  ])("is refused with %s", (_name, changes, reason) => {
    expect(() => checkAssertion(sign(assertion(changes)), rules)).toThrow(reason);
  });

  it("is refused when it was changed, is not signed, or is signed by another key", () => {
    const signed = sign(assertion());
    expect(() => checkAssertion(signed.replace(">Isthmus<", ">Admin<"), rules)).toThrow(/changed after it was signed/);
    expect(() => checkAssertion(assertion(), rules)).toThrow(/must have one Signature/);
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    expect(() => checkAssertion(signed, { ...rules, key: other })).toThrow(/signature is not valid/);
  });

  it("is refused when the signed assertion is wrapped into another", () => {
    const signed = sign(assertion());
    const [signature = ""] = /<Signature .*<\/Signature>/s.exec(signed) ?? [];
    const wrapped = assertion({ user: "Admin" }).replace("</saml2:Issuer>", `</saml2:Issuer>${signature}`);
    const evil = wrapped.replace("</saml2:Assertion>", `${signed.replace(signature, "")}</saml2:Assertion>`);
    expect(() => checkAssertion(evil, rules)).toThrow(/occurs twice/);
    expect(() => checkAssertion(evil.replace('ID="_a1"', 'ID="_a2"'), rules)).toThrow(/not that of the assertion/);
  });

  it("is refused with a DTD, or when it is no XML", () => {
    expect(() => checkAssertion(`<!DOCTYPE a [<!ENTITY x "y">]>${sign(assertion())}`, rules)).toThrow(/DTD/);
    expect(() => checkAssertion("<a", rules)).toThrow(/malformed/);
  });
});

describe("the system's own token endpoint", () => {
  let caller: SapCaller;
  beforeAll(async () => {
    const certificate = publicKey.export({ type: "spki", format: "pem" }).toString();
    const saml = { issuer: rules.issuer, certificate, recipient: rules.recipient };
    caller = await openSandbox({ clock: () => now, saml });
  });
  beforeEach(() => caller.sandbox.reset());
  afterAll(() => caller.sandbox.close());

  const ask = (form: Record<string, string>, password = caller.sandbox.user.password): Promise<Response> =>
    fetch(`${caller.sandbox.url}/sap/bc/sec/oauth2/token`, {
      method: "POST",
      headers: { authorization: basic("ISTHMUS", password) },
      body: new URLSearchParams(form),
    });
  const grant = (xml: string): Record<string, string> => ({
    grant_type: "urn:ietf:params:oauth:grant-type:saml2-bearer",
    assertion: Buffer.from(xml).toString("base64url"),
    client_id: "ISTHMUS",
    scope: "API_SALES_ORDER_SRV_0001",
  });

  it("gives a token for the assertion's user, and takes it", async () => {
    const body: unknown = await (await ask(grant(sign(assertion())))).json();
    expect(body).toMatchObject({ token_type: "Bearer", scope: "API_SALES_ORDER_SRV_0001", expires_in: "43199" });
    const headers = { accept: "application/json", authorization: `Bearer ${String(part(body, "access_token"))}` };
    expect((await fetch(caller.sandbox.url + roots.order, { headers })).status).toBe(200);
  });

  it("refuses an unknown user, a bad assertion, another grant and a wrong client", async () => {
    const errorOf = async (response: Response): Promise<unknown> => part(await response.json(), "error");
    expect(await errorOf(await ask(grant(sign(assertion({ user: "NOBODY" })))))).toBe("invalid_grant");
    const changed = await ask(grant(sign(assertion()).replace(">Isthmus<", ">LOCKED<")));
    expect(part(await changed.json(), "error_description")).toMatch(/changed after it was signed/);
    expect(await errorOf(await ask({ grant_type: "password" }))).toBe("unsupported_grant_type");
    const stranger = await ask(grant(sign(assertion())), "wrong");
    expect(stranger.status).toBe(401);
    expect(await errorOf(stranger)).toBe("invalid_client");
  });
});
