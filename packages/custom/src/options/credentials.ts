import { checkClientIdentity, clientIdentityFields, pemSchema } from "@isthmus/core";
import { z } from "zod";

const secret = (title: string, description: string) =>
  z.string().min(1).max(20_000).meta({ title, description, writeOnly: true });

const clientId = z
  .string()
  .min(1)
  .meta({ title: "Client id", description: "As registered at the authorization server." });
const clientSecret = secret("Client secret", "As registered at the authorization server.");
const headerSafe = (text: string) => !/[^\x21-\x7e]/.test(text);

/** What a person's authorization needs. */
export const authorizationCodeCredentialsSchema = z.strictObject({
  clientId,
  clientSecret: clientSecret.optional().meta({
    title: "Client secret",
    description: "Leave it out for a public client, which proves itself by PKCE alone.",
    writeOnly: true,
  }),
  refreshToken: secret(
    "Refresh token",
    "Refresh token of a grant that exists already. Nobody has to sign in again while it is valid.",
  ).optional(),
});

/** What a client that acts for itself needs. */
export const clientCredentialsSchema = z.strictObject({ clientId, clientSecret });

/** What a client that signs its own assertions needs (RFC 7523). */
export const jwtBearerCredentialsSchema = z.strictObject({
  clientId,
  clientSecret: clientSecret.optional(),
  privateKey: z
    .string()
    .min(1)
    .max(20_000)
    .refine((text) => text.includes("PRIVATE KEY-----"), "must be a private key in PEM")
    .meta({ title: "Private key", description: "In PEM, not encrypted: signs the assertions.", writeOnly: true }),
  keyId: z.string().min(1).max(200).optional().meta({
    title: "Key id",
    description: "Which of the client's keys this is; becomes the assertion's `kid`.",
  }),
});

/** What a client that signs its own SAML assertions needs (RFC 7522). */
export const samlBearerCredentialsSchema = z.strictObject({
  clientId,
  clientSecret: clientSecret.optional(),
  signingKey: pemSchema("PRIVATE KEY").meta({
    title: "Signing key",
    description: "Of the identity provider that the authorization server trusts, in PEM, RSA, not encrypted.",
    writeOnly: true,
  }),
  signingCertificate: pemSchema("CERTIFICATE").meta({
    title: "Signing certificate",
    description: "Of the signing key, as the authorization server knows it.",
  }),
  subject: z.string().min(1).max(256).meta({
    title: "Subject",
    description: "Whom the assertion speaks for, in the name format of the configuration.",
  }),
});

/** User name and password (RFC 7617). */
export const basicCredentialsSchema = z.strictObject({
  username: z
    .string()
    .min(1)
    .refine((name) => !name.includes(":"), "must not hold a colon: Basic authentication has no way to send it")
    .meta({ title: "User name", description: "User name at the API." }),
  password: secret("Password", "Password at the API."),
});

/** A client certificate, which the API's host asks for in the TLS handshake. */
export const clientCertificateCredentialsSchema = z.strictObject(clientIdentityFields).superRefine(checkClientIdentity);

/** An API key. */
export const apiKeyCredentialsSchema = z.strictObject({
  apiKey: secret("API key", "Goes into the header or query parameter that the configuration names.").refine(
    headerSafe,
    "must be printable ASCII without blanks",
  ),
});

/** Nothing. */
export const noCredentialsSchema = z.strictObject({});

/** Validated credentials of any of the schemes. */
export type CustomCredentials =
  | z.output<typeof authorizationCodeCredentialsSchema>
  | z.output<typeof clientCredentialsSchema>
  | z.output<typeof jwtBearerCredentialsSchema>
  | z.output<typeof samlBearerCredentialsSchema>
  | z.output<typeof basicCredentialsSchema>
  | z.output<typeof clientCertificateCredentialsSchema>
  | z.output<typeof apiKeyCredentialsSchema>
  | z.output<typeof noCredentialsSchema>;
