import { AuthenticationError, type ConnectedAccount, ConnectorError } from "@isthmus/core";
import { z } from "zod";
import { requireRealm } from "./auth.js";
import type { QuickbooksConfiguration } from "./options.js";

const companySchema = z.looseObject({ CompanyName: z.string(), Country: z.string().optional() });

/** The connected company, from its CompanyInfo. */
export function toConnectedAccount(
  realmId: string,
  companyInfo: unknown,
  { environment }: QuickbooksConfiguration,
): ConnectedAccount {
  const company = companySchema.safeParse(companyInfo, { reportInput: false });
  if (!company.success) throw new ConnectorError("UNEXPECTED_RESPONSE", "QuickBooks' CompanyInfo has no CompanyName.");
  return { id: realmId, name: company.data.CompanyName, environment };
}

/**
 * The company that the tokens are for.
 *
 * @throws {AuthenticationError} `RECONNECT_REQUIRED` when it is another one than the credentials name.
 */
export function realmOf(attributes: Readonly<Record<string, string>>, expected: string | undefined): string {
  const realmId = requireRealm(attributes.realmId);
  if (expected === undefined || expected === realmId) return realmId;
  throw new AuthenticationError(
    "The grant is for another company than the credentials name: connect again and choose that one.",
    {
      reconnectRequired: true,
    },
  );
}
