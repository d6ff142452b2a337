import { randomUUID } from "node:crypto";
import type { Clock } from "../runtime/index.js";
import { escapeXml } from "../xml/index.js";
import { readSigningKey } from "./read-signing-key.js";

/** How an assertion names its subject (SAML 2.0 core, section 8.3). */
export const samlNameFormats = ["unspecified", "emailAddress", "persistent"] as const;

/** What a SAML assertion says, and whose signature it carries. */
export interface SamlAssertion {
  /** Name of the identity provider, as the authorization server trusts it. */
  readonly issuer: string;
  /** Whom it speaks for, in the name format. */
  readonly subject: string;
  readonly nameFormat: (typeof samlNameFormats)[number];
  /** Whom it is meant for: the authorization server's name as a service provider. */
  readonly audience: string;
  /** Where it is sent: usually the token endpoint. */
  readonly recipient: string;
  /** How long it is valid, in seconds. */
  readonly lifetimeSeconds: number;
  /** RSA, in PEM, not encrypted. */
  readonly signingKey: string;
  /** Of the signing key, in PEM: goes along, so that the server finds the key. */
  readonly signingCertificate: string;
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
export async function signSamlAssertion(assertion: SamlAssertion, clock: Clock): Promise<string> {
  // At first use: the library and its DOM are of no use to anybody else.
  const { SignedXml } = await import("xml-crypto");
  const signed = new SignedXml({
    privateKey: readSigningKey(assertion.signingKey, "rsa", "signingKey"),
    publicCert: assertion.signingCertificate,
    signatureAlgorithm: algorithms.signature,
    canonicalizationAlgorithm: algorithms.canonicalization,
    getKeyInfoContent: SignedXml.getKeyInfoContent,
  });
  signed.addReference({
    xpath: "/*[local-name(.)='Assertion']",
    transforms: [algorithms.enveloped, algorithms.canonicalization],
    digestAlgorithm: algorithms.digest,
  });
  signed.computeSignature(writeAssertion(assertion, clock.now()), {
    prefix: "ds",
    // The schema of SAML has the signature behind the issuer, and nowhere else.
    location: { reference: "/*/*[local-name(.)='Issuer']", action: "after" },
  });
  return Buffer.from(signed.getSignedXml()).toString("base64url");
}

function writeAssertion(assertion: SamlAssertion, nowMs: number): string {
  const at = (offsetMs: number) => new Date(nowMs + offsetMs).toISOString();
  // A minute back, for clocks that do not agree.
  const [issued, from, until] = [at(0), at(-60_000), at(assertion.lifetimeSeconds * 1000)];
  const [issuer, subject, audience, recipient, format] = [
    assertion.issuer,
    assertion.subject,
    assertion.audience,
    assertion.recipient,
    formatNames[assertion.nameFormat],
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

const formatNames = {
  unspecified: "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
  persistent: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
} as const satisfies Record<SamlAssertion["nameFormat"], string>;
