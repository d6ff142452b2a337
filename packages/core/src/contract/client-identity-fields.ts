import { z } from "zod";
import type { ClientIdentityFields } from "../http/index.js";
import { fileNamePattern } from "../runtime/index.js";

/** A text in PEM, one or several; whether it can be read is seen when it is used. */
export function pemSchema(kind: "CERTIFICATE" | "PRIVATE KEY"): z.ZodType<string, string> {
  return z
    .string()
    .max(100_000)
    .refine((text) => text.includes(`${kind}-----`), `must be a ${kind.toLowerCase()} in PEM`);
}

const fileName = (title: string, description: string) =>
  z.string().regex(fileNamePattern, "must be a plain file name").optional().meta({ title, description });

/** Credentials fields of a client certificate and its key: inline in PEM, inline as PKCS #12, or files of the operator's certificate folder. */
export const clientIdentityFields = {
  certificate: pemSchema("CERTIFICATE").optional().meta({
    title: "Client certificate",
    description: "In PEM, with the certificates between it and the root where there are any.",
  }),
  certificateFile: fileName("Certificate file", "Name of the certificate's file (PEM) in the operator's folder."),
  privateKey: pemSchema("PRIVATE KEY").optional().meta({
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

/** The ways in which the fields may name a certificate; a complaint where they name none, or several. */
function findIdentityProblem(fields: ClientIdentityFields): string | undefined {
  const { certificate, certificateFile, privateKey, privateKeyFile, pfx, pfxFile } = fields;
  const count = (...values: readonly unknown[]) => values.filter((value) => value !== undefined).length;
  const pair = count(certificate, certificateFile) + count(privateKey, privateKeyFile);
  const container = count(pfx, pfxFile);
  if (container === 1 && pair === 0) return undefined;
  const isPair = count(certificate, certificateFile) === 1 && count(privateKey, privateKeyFile) === 1;
  if (container === 0 && isPair) return undefined;
  return "give one certificate: certificate and privateKey, their two files, pfx, or pfxFile";
}

/** Refines a schema with {@link clientIdentityFields}: exactly one certificate has to be there. */
export function checkClientIdentity(fields: ClientIdentityFields, context: z.RefinementCtx): void {
  const problem = findIdentityProblem(fields);
  if (problem) context.addIssue({ code: "custom", path: ["certificate"], message: problem });
}

/** Whether any of the fields names a certificate. */
export function hasClientIdentity(fields: ClientIdentityFields): boolean {
  const { certificate, certificateFile, privateKey, privateKeyFile, pfx, pfxFile } = fields;
  return [certificate, certificateFile, privateKey, privateKeyFile, pfx, pfxFile].some((value) => value !== undefined);
}
