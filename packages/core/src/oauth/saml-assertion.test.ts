import { generateKeyPairSync } from "node:crypto";
import { FakeClock } from "@isthmus/testkit";
import { expect, it } from "vitest";
import { createSigningIdentity } from "../../test/support/signing-identity.js";
import { signSamlAssertion } from "./saml-assertion.js";

const clock = new FakeClock(Date.UTC(2026, 10, 26, 10));
const { key: signingKey, certificate: signingCertificate } = await createSigningIdentity();
const assertion = {
  issuer: "https://idp.example.com",
  subject: "ada@example.com",
  nameFormat: "emailAddress",
  audience: "S4H100",
  recipient: "https://s4.example.com/token",
  lifetimeSeconds: 300,
  signingKey,
  signingCertificate,
} as const;

function ecKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

it.each([
  ["is no key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----", /cannot be read/],
  ["is of another kind", ecKey(), /not of the kind/],
])("a signing key that %s is refused without being shown", async (_, signingKey, words) => {
  const failure = await signSamlAssertion({ ...assertion, signingKey }, clock).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "VALIDATION_FAILED", message: expect.stringMatching(words) });
  expect(JSON.stringify(failure)).not.toContain("c2VjcmV0");
});

it("a subject that XML cannot carry is refused", async () => {
  const written = signSamlAssertion({ ...assertion, subject: "ada\u0000" }, clock);
  await expect(written).rejects.toMatchObject({ code: "VALIDATION_FAILED", message: /U\+0000/ });
});

it("no two assertions have one id", async () => {
  const [first, second] = await Promise.all([signSamlAssertion(assertion, clock), signSamlAssertion(assertion, clock)]);
  const idOf = (text = "") => /ID="([^"]+)"/.exec(Buffer.from(text, "base64url").toString())?.[1];
  expect(idOf(first)).toMatch(/^_[\w-]{36}$/);
  expect(idOf(second)).not.toBe(idOf(first));
});
