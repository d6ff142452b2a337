import { pemSchema } from "@isthmus/core";
import { z } from "zod";

const clientId = z
  .string()
  .min(1)
  .meta({ title: "Consumer key", description: "Consumer key of the external client app (or connected app)." });

const clientSecret = z
  .string()
  .min(1)
  .meta({ title: "Consumer secret", description: "Consumer secret of the app.", writeOnly: true });

/** What a person's authorization (OAuth 2.0 authorization code with PKCE) needs. */
export const authorizationCodeCredentialsSchema = z.strictObject({
  clientId,
  clientSecret: clientSecret.optional().meta({
    title: "Consumer secret",
    description: "Consumer secret of the app. Leave it out for a public client, which proves itself by PKCE alone.",
    writeOnly: true,
  }),
  refreshToken: z.string().min(1).optional().meta({
    title: "Refresh token",
    description: "Refresh token of a grant that exists already. Nobody has to sign in again while it is valid.",
    writeOnly: true,
  }),
});

/** What an app that signs its own assertions (OAuth 2.0 JWT bearer) needs. */
export const jwtBearerCredentialsSchema = z.strictObject({
  clientId,
  username: z
    .string()
    .min(1)
    .max(255)
    .meta({
      title: "User name",
      description: "Whom the connector works as. The app has to be approved for this user beforehand.",
      examples: ["integration@example.com"],
    }),
  privateKey: pemSchema("PRIVATE KEY").meta({
    title: "Private key",
    description: "RSA, in PEM, not encrypted. Its certificate is uploaded to the app.",
    writeOnly: true,
  }),
  audience: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .meta({
      title: "Audience",
      description:
        "`aud` of the assertion, where it is not the login address: https://login.salesforce.com, https://test.salesforce.com, or the address of an Experience Cloud site.",
      examples: ["https://test.salesforce.com"],
    }),
});

/** What an app that works as its "Run As" user (OAuth 2.0 client credentials) needs. */
export const clientCredentialsSchema = z.strictObject({ clientId, clientSecret });

/** Validated credentials of a person's authorization. */
export type AuthorizationCodeCredentials = z.output<typeof authorizationCodeCredentialsSchema>;
/** Validated credentials of an app that signs assertions. */
export type JwtBearerCredentials = z.output<typeof jwtBearerCredentialsSchema>;
/** Validated credentials of an app that works as its "Run As" user. */
export type ClientCredentials = z.output<typeof clientCredentialsSchema>;
/** Validated credentials of any scheme. */
export type SalesforceCredentials = AuthorizationCodeCredentials | JwtBearerCredentials | ClientCredentials;
