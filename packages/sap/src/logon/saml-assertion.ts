import { createPrivateKey, type KeyObject, randomUUID } from "node:crypto";
import { type Clock, ValidationError } from "@isthmus/core";
import type { SamlSettings } from "../options/configuration.js";
import type { SamlBearerCredentials } from "../options/credentials.js";
import { escapeXml } from "../xml/escape-xml.js";

/** What an assertion is made of. */
export interface AssertionParts {
  readonly settings: SamlSettings;
  readonly credentials: Pick<SamlBearerCredentials, "subject" | "signingKey" | "signingCertificate">;
  /** Where it is sent: its `Recipient`. */
  readonly tokenEndpoint: string;
}

const algorithms = {
  signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  digest: "http://www.w3.org/2001/04/xmlenc#sha256",
  canonicalization: "http://www.w3.org/2001/10/xml-exc-c14n#",
  enveloped: "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
} as const;

/**
 * A SAML 2.0 assertion that speaks for one user, signed, in base64url as the token endpoint wants it. Made anew for each request.
 *
 * @throws {ValidationError} when the signing key cannot be used.
 * @see https://www.rfc-editor.org/rfc/rfc7522#section-3
 */
export async function signAssertion(parts: AssertionParts, clock: Clock): Promise<string> {
  // At first use: the library and its DOM are of no use to anybody else.
  const { SignedXml } = await import("xml-crypto");
  const signed = new SignedXml({
    privateKey: readKey(parts.credentials.signingKey),
    publicCert: parts.credentials.signingCertificate,
    signatureAlgorithm: algorithms.signature,
    canonicalizationAlgorithm: algorithms.canonicalization,
    getKeyInfoContent: SignedXml.getKeyInfoContent,
  });
  signed.addReference({
    xpath: "/*[local-name(.)='Assertion']",
    transforms: [algorithms.enveloped, algorithms.canonicalization],
    digestAlgorithm: algorithms.digest,
  });
  signed.computeSignature(writeAssertion(parts, clock.now()), {
    prefix: "ds",
    // The schema of SAML has the signature behind the issuer, and nowhere else.
    location: { reference: "/*/*[local-name(.)='Issuer']", action: "after" },
  });
  return Buffer.from(signed.getSignedXml()).toString("base64url");
}

function writeAssertion({ settings, credentials, tokenEndpoint }: AssertionParts, nowMs: number): string {
  const at = (offsetMs: number) => new Date(nowMs + offsetMs).toISOString();
  const lifetimeMs = settings.lifetimeSeconds * 1000;
  // A minute back, for clocks that do not agree.
  const [issued, from, until] = [at(0), at(-60_000), at(lifetimeMs)];
  const [issuer, subject, audience, recipient, format] = [
    settings.issuer,
    credentials.subject,
    settings.audience,
    settings.recipient ?? tokenEndpoint,
    nameFormats[settings.nameFormat],
  ].map(escapeXml);
  return [
    `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" IssueInstant="${issued}" Version="2.0">`,
    `<saml2:Issuer>${issuer}</saml2:Issuer>`,
    `<saml2:Subject><saml2:NameID Format="${format}">${subject}</saml2:NameID>`,
    `<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`,
    `<saml2:SubjectConfirmationData NotOnOrAfter="${until}" Recipient="${recipient}"/>`,
    "</saml2:SubjectConfirmation></saml2:Subject>",
    `<saml2:Conditions NotBefore="${from}" NotOnOrAfter="${until}">`,
    `<saml2:AudienceRestriction><saml2:Audience>${audience}</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>`,
    `<saml2:AuthnStatement AuthnInstant="${issued}"><saml2:AuthnContext>`,
    "<saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml2:AuthnContextClassRef>",
    "</saml2:AuthnContext></saml2:AuthnStatement></saml2:Assertion>",
  ].join("");
}

/** SAML 2.0 core, section 8.3. */
const nameFormats = {
  unspecified: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  persistent: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
} as const satisfies Record<SamlSettings["nameFormat"], string>;

function readKey(pem: string): KeyObject {
  const refuse = (message: string) =>
    new ValidationError(`The signing key ${message}.`, [{ path: "signingKey", message }]);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw refuse("cannot be read: give it in PEM, not encrypted"); // The library's own words may quote the key.
  }
  if (key.asymmetricKeyType !== "rsa") throw refuse("is not an RSA key, which the signature needs");
  return key;
}
