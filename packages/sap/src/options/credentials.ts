import {
  type ClientIdentityFields,
  checkClientIdentity,
  clientIdentityFields,
  hasClientIdentity,
  pemSchema,
} from "@isthmus/core";
import { z } from "zod";

/** User name and password of an SAP user. */
export const basicCredentialsSchema = z.strictObject({
  username: z
    .string()
    .min(1)
    .max(100)
    .refine((name) => !name.includes(":"), "must not hold a colon: Basic authentication has no way to send it")
    .meta({
      title: "User",
      description: "SAP user; one of type System (B) is not locked by its password running out.",
    }),
  password: z
    .string()
    .min(1)
    .max(200)
    .meta({ title: "Password", description: "The user's password.", writeOnly: true }),
});

/** X.509: the system maps the certificate to a user (CERTRULE). */
export const certificateCredentialsSchema = z.strictObject(clientIdentityFields).superRefine(checkClientIdentity);

const clientId = z.string().min(1).max(1_000).meta({
  title: "Client id",
  description: "`clientid` of the service key or binding; of the OAuth client in the system (SOAUTH2).",
});
const clientSecret = z.string().min(1).max(10_000).optional().meta({
  title: "Client secret",
  description: "`clientsecret` of the service key. Leave it out where a certificate authenticates the client.",
  writeOnly: true,
});

/** OAuth 2.0 client credentials: BTP's XSUAA or IAS, by secret or by certificate (RFC 8705). */
export const clientCredentialsSchema = z
  .strictObject({ clientId, clientSecret, ...clientIdentityFields })
  .superRefine(refineClientAuthentication);

/** OAuth 2.0 with a SAML assertion (RFC 7522) that this connector issues and signs. */
export const samlBearerCredentialsSchema = z
  .strictObject({
    clientId,
    clientSecret,
    ...clientIdentityFields,
    signingKey: pemSchema("PRIVATE KEY").meta({
      title: "Signing key",
      description: "Of the identity provider that the system trusts, in PEM, RSA: signs the assertions.",
      writeOnly: true,
    }),
    signingCertificate: pemSchema("CERTIFICATE").meta({
      title: "Signing certificate",
      description: "Of the signing key, as the system knows it.",
    }),
    subject: z.string().min(1).max(256).meta({
      title: "Subject",
      description:
        "Whom the assertion speaks for, in the name format of the configuration: a user or an e-mail address.",
    }),
  })
  .superRefine(refineClientAuthentication);

function refineClientAuthentication(
  fields: ClientIdentityFields & { readonly clientSecret?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (hasClientIdentity(fields)) checkClientIdentity(fields, context);
  else if (fields.clientSecret === undefined) {
    const message = "is needed, or a certificate in its place";
    context.addIssue({ code: "custom", path: ["clientSecret"], message });
  }
}

/** Validated credentials of one scheme. */
export type BasicCredentials = z.output<typeof basicCredentialsSchema>;
/** Validated credentials of one scheme. */
export type CertificateCredentials = z.output<typeof certificateCredentialsSchema>;
/** Validated credentials of one scheme. */
export type ClientCredentials = z.output<typeof clientCredentialsSchema>;
/** Validated credentials of one scheme. */
export type SamlBearerCredentials = z.output<typeof samlBearerCredentialsSchema>;

/** Validated credentials of any of the schemes. */
export type SapCredentials = BasicCredentials | CertificateCredentials | ClientCredentials | SamlBearerCredentials;
