import { fileNamePattern, pemSchema } from "@isthmus/core";
import { z } from "zod";

/** Scheme, host and port, nothing else. */
export const origin = z
  .string()
  .refine(isOrigin, "must be an origin such as https://s4.example.com:44300, without path or query")
  .transform((url) => new URL(url).origin)
  .pipe(z.string());

/** A client of an ABAP system. */
export const clientId = z.string().regex(/^\d{3}$/, "must be three digits");

/** The name of a file in the operator's folder. */
export const fileReference = z.string().regex(fileNamePattern, "must be a plain file name");

/** Certificates in PEM. */
export const pemList = z.array(pemSchema("CERTIFICATE")).min(1).max(50);

/** A duration that a caller may choose. */
export function timeoutMs(description: string) {
  return z.int().positive().max(3_600_000).optional().describe(description);
}

/** An absolute path at the system, without query. */
export const systemPath = z
  .string()
  .max(500)
  .regex(/^\/[\w!$&'()*+,;=:@%./~-]*$/, "must be an absolute path, without host and query")
  .refine((path) => !path.includes("/../") && !path.startsWith("//"), "must be a plain path");

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  // Whether plain http and this host may be talked to is the transport's decision.
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && url.username === "";
}
