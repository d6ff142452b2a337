import type { FastifyRequest } from "fastify";
import { toEnvelopeTime } from "./data/time.js";
import type { Company, QuickbooksState } from "./state.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The company of the path, when the token is good for it. */
    quickbooksCompany: Company | null;
    /** Tells the throttle that the request has been answered. */
    quickbooksDone: (() => void) | null;
  }
}

/** The company that a request below `/v3/company/{realmId}` is about. */
export function companyOf(request: FastifyRequest): Company {
  const company = request.quickbooksCompany;
  if (company === null) throw new Error("This route is not below a company.");
  return company;
}

/** The time as envelopes carry it. */
export function envelopeTime(state: QuickbooksState): string {
  return toEnvelopeTime(state.clock());
}
