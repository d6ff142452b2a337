import type { FastifyRequest } from "fastify";

/** Who asks, once logon has succeeded: every route below `/sap/` (but the token endpoint) may rely on it. */
export interface SapLogon {
  /** In capitals, as user names are: `ISTHMUS`. */
  user: string;
  client: string;
  /** "E" or "D", as SPRAS keeps it. */
  language: "E" | "D";
  /** The security session (`SAP_SESSIONID_…`), new or one that the caller came back to. */
  sessionId: string;
  /** How the logon was done: a session cookie counts as what began it. */
  method: "basic" | "certificate" | "bearer";
}

declare module "fastify" {
  interface FastifyRequest {
    sapLogon: SapLogon | null;
  }
}

/** The logon of a request that has passed it. @throws {Error} on a route that needs none. */
export function logonOf(request: FastifyRequest): SapLogon {
  if (request.sapLogon === null) throw new Error(`${request.url} is served without logon.`);
  return request.sapLogon;
}
