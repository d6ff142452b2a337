import { defineOperation } from "@isthmus/core";
import { z } from "zod";
import type { SapConnector } from "../sap-connector.js";

/** `certificate.read` */
export const readCertificate = defineOperation({
  name: "certificate.read",
  summary: "Shows the client certificate that new connections use, and until when it is valid.",
  kind: "read",
  idempotent: true,
  input: z.strictObject({}),
  output: z.strictObject({
    certificate: z
      .strictObject({
        subject: z.string(),
        issuer: z.string(),
        validTo: z.iso.datetime(),
        fingerprint: z.string().describe("SHA-256."),
      })
      .optional()
      .describe("Missing: the connector logs on in another way."),
  }),
  run: async (connector: SapConnector) => {
    const identity = await connector.clientCertificate();
    if (!identity) return {};
    const { validToMs, ...told } = identity;
    return { certificate: { ...told, validTo: new Date(validToMs).toISOString() } };
  },
});
