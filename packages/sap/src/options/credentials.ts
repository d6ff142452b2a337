import { fileNamePattern } from "@isthmus/core";
import { z } from "zod";

const pem = (kind: string) =>
  z
    .string()
    .max(100_000)
    .refine((text) => text.includes(`${kind}-----`), `must be a ${kind.toLowerCase()} in PEM`);

const fileName = (title: string, description: string) =>
  z.string().regex(fileNamePattern, "must be a plain file name").optional().meta({ title, description });

/** A client certificate and its key: inline in PEM, inline as PKCS #12, or files of the operator's certificate folder. */
const identityFields = {
  certificate: pem("CERTIFICATE").optional().meta({
    title: "Client certificate",
    description: "In PEM, with the certificates between it and the root where there are any.",
  }),
  certificateFile: fileName("Certificate file", "Name of the certificate's file (PEM) in the operator's folder."),
  privateKey: pem("PRIVATE KEY").optional().meta({
    title: "Private key",
    description: "Of the certificate, in PEM.",
    writeOnly: true,
  }),
  privateKeyFile: fileName("Private key file", "Name of the key's file (PEM) in the operator's folder."),
  pfx: z.base64().max(200_000).optional().meta({
    title: "PKCS #12 container",
    description:
      "Certificate and key in one (.pfx, .p12), in base64. One that OpenSSL 3 calls legacy has to be made anew.",
    writeOnly: true,
  }),
  pfxFile: fileName("PKCS #12 file", "Name of the container's file in the operator's folder."),
  passphrase: z.string().min(1).max(1_000).optional().meta({
    title: "Passphrase",
    description: "Of the private key or the container.",
    writeOnly: true,
  }),
};

/** The fields of a client certificate, as validated. */
export type IdentityFields = z.output<z.ZodObject<typeof identityFields>>;

/** The ways in which the fields may name a certificate; a complaint where they name none, or several. */
function findIdentityProblem(fields: IdentityFields): string | undefined {
  const { certificate, certificateFile, privateKey, privateKeyFile, pfx, pfxFile } = fields;
  const count = (...values: readonly unknown[]) => values.filter((value) => value !== undefined).length;
  const pair = count(certificate, certificateFile) + count(privateKey, privateKeyFile);
  const container = count(pfx, pfxFile);
  if (container === 1 && pair === 0) return undefined;
  const isPair = count(certificate, certificateFile) === 1 && count(privateKey, privateKeyFile) === 1;
  if (container === 0 && isPair) return undefined;
  return "give one certificate: certificate and privateKey, their two files, pfx, or pfxFile";
}

function refineIdentity(fields: IdentityFields, context: z.RefinementCtx): void {
  const problem = findIdentityProblem(fields);
  if (problem) context.addIssue({ code: "custom", path: ["certificate"], message: problem });
}

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
export const certificateCredentialsSchema = z.strictObject(identityFields).superRefine(refineIdentity);

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
  .strictObject({ clientId, clientSecret, ...identityFields })
  .superRefine(refineClientAuthentication);

/** OAuth 2.0 with a SAML assertion (RFC 7522) that this connector issues and signs. */
export const samlBearerCredentialsSchema = z
  .strictObject({
    clientId,
    clientSecret,
    ...identityFields,
    signingKey: pem("PRIVATE KEY").meta({
      title: "Signing key",
      description: "Of the identity provider that the system trusts, in PEM, RSA: signs the assertions.",
      writeOnly: true,
    }),
    signingCertificate: pem("CERTIFICATE").meta({
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
  fields: IdentityFields & { readonly clientSecret?: string | undefined },
  context: z.RefinementCtx,
): void {
  const named = [fields.certificate, fields.certificateFile, fields.privateKey, fields.privateKeyFile, fields.pfx];
  const isCertificate = [...named, fields.pfxFile].some((value) => value !== undefined);
  if (isCertificate) refineIdentity(fields, context);
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
