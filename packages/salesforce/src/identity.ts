import { type ConnectedAccount, isConnectorError } from "@isthmus/core";
import { z } from "zod";
import type { QueryPage } from "./records.js";

/** What the identity service tells of the connected user, as far as it is relied on; everything else passes through. */
export const identitySchema = z.looseObject({
  id: z.string().describe("Address of the identity."),
  user_id: z.string().describe("Id of the connected user."),
  organization_id: z.string().describe("Id of the organisation."),
  username: z.string().describe("User name, unique across Salesforce."),
  display_name: z.string().nullish().describe("Name of the user."),
  email: z.string().nullish().describe("Address of the user."),
});

/** The connected user, from Salesforce's identity service. */
export type SalesforceIdentity = z.output<typeof identitySchema>;

const organizationSchema = z.looseObject({ Name: z.string(), IsSandbox: z.boolean() });

/** The organisation as it tells of itself. */
export type Organization = z.output<typeof organizationSchema>;

/**
 * Asks the organisation for its name and kind.
 *
 * @returns `undefined` when the user may not read it, or it does not tell; any other failure is thrown.
 */
export async function readOrganization(
  readPage: (soql: string) => Promise<QueryPage>,
): Promise<Organization | undefined> {
  try {
    const { records } = await readPage("SELECT Id, Name, IsSandbox FROM Organization");
    return organizationSchema.safeParse(records[0]).data;
  } catch (error) {
    // A query is told with INVALID_TYPE or INVALID_FIELD that the user may not see the object or a field of it.
    if (isConnectorError(error) && ["VENDOR_REJECTED", "PERMISSION_DENIED"].includes(error.code)) return undefined;
    throw error;
  }
}

/**
 * The connected account.
 *
 * @param organization - `undefined` when the user may not read it: the instance's name then tells what it can.
 */
export function toConnectedAccount(
  identity: SalesforceIdentity,
  organization: Organization | undefined,
  instanceUrl: string,
): ConnectedAccount {
  return {
    id: identity.organization_id,
    name: organization?.Name ?? identity.organization_id,
    environment: organization ? (organization.IsSandbox ? "sandbox" : "production") : guessEnvironment(instanceUrl),
    user: identity.username,
  };
}

/**
 * A sandbox's My Domain is `…--name.sandbox.my.salesforce.com`. Any other name may belong to either.
 * @see https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
 */
function guessEnvironment(instanceUrl: string): ConnectedAccount["environment"] {
  return /\.(?:sandbox|scratch)\.my\.salesforce\.com$/.test(new URL(instanceUrl).hostname) ? "sandbox" : "unknown";
}
