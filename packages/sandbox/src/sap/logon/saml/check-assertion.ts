import type { KeyObject } from "node:crypto";
import { verifySignature } from "./verify-signature.js";
import { attributeOf, childrenOf, onlyChild, readXmlTree, textOf, type XmlElement } from "./xml-tree.js";

const assertionNamespace = "urn:oasis:names:tc:SAML:2.0:assertion";
const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/** What an assertion must fit. */
export interface AssertionRules {
  issuer: string;
  /** The name of this system as a service provider. */
  audience: string;
  /** The address of the token endpoint. */
  recipient: string;
  /** The identity provider's public key. */
  key: KeyObject;
  /** Milliseconds since 1970. */
  now: number;
}

/** Milliseconds by which clocks may differ. */
const toleranceMs = 3 * 60 * 1000;

/**
 * Checks a SAML 2.0 bearer assertion: signature, issuer, audience, recipient and times.
 *
 * @returns the subject's name.
 * @throws {Error} saying what is wrong
 * @see https://www.rfc-editor.org/rfc/rfc7522#section-3
 */
export function checkAssertion(xml: string, rules: AssertionRules): string {
  const assertion = readXmlTree(xml);
  if (assertion.namespace !== assertionNamespace || assertion.local !== "Assertion")
    throw new Error("There is no SAML 2.0 assertion.");
  verifySignature(assertion, rules.key);
  const child = (parent: XmlElement, name: string): XmlElement => onlyChild(parent, assertionNamespace, name);
  if (textOf(child(assertion, "Issuer")) !== rules.issuer)
    throw new Error("The issuer is not a trusted identity provider.");
  checkConditions(child(assertion, "Conditions"), rules);
  const subject = child(assertion, "Subject");
  const confirmations = childrenOf(subject, assertionNamespace, "SubjectConfirmation");
  if (!confirmations.some((confirmation) => isConfirmed(confirmation, rules))) {
    throw new Error("No subject confirmation fits: it must be bearer, for this recipient, and still good.");
  }
  const name = textOf(child(subject, "NameID"));
  if (name === "") throw new Error("The subject has no name.");
  return name;
}

function checkConditions(conditions: XmlElement, rules: AssertionRules): void {
  const begin = Date.parse(attributeOf(conditions, "NotBefore") || "1970-01-01T00:00:00Z");
  const end = Date.parse(attributeOf(conditions, "NotOnOrAfter"));
  if (!(begin <= rules.now + toleranceMs)) throw new Error("The assertion is not good yet.");
  if (!(end > rules.now - toleranceMs)) throw new Error("The assertion has run out.");
  const restrictions = childrenOf(conditions, assertionNamespace, "AudienceRestriction");
  const isMeant = restrictions.every((restriction) =>
    childrenOf(restriction, assertionNamespace, "Audience").some((audience) => textOf(audience) === rules.audience),
  );
  if (restrictions.length === 0 || !isMeant) throw new Error(`The audience is not ${rules.audience}.`);
}

function isConfirmed(confirmation: XmlElement, rules: AssertionRules): boolean {
  if (attributeOf(confirmation, "Method") !== bearer) return false;
  const [data] = childrenOf(confirmation, assertionNamespace, "SubjectConfirmationData");
  if (data === undefined || attributeOf(data, "Recipient") !== rules.recipient) return false;
  return Date.parse(attributeOf(data, "NotOnOrAfter")) > rules.now - toleranceMs;
}
