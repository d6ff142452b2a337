import type { ConnectedAccount } from "@isthmus/core";
import { z } from "zod";

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

/** What is asked of the organisation itself. */
export const organizationQuery = "SELECT Id, Name, IsSandbox FROM Organization";

/** The fields of {@link organizationQuery}. */
export const organizationSchema = z.looseObject({ Name: z.string(), IsSandbox: z.boolean() });

/**
 * The connected account.
 *
 * @param organization - `undefined` when the user may not read it: the instance's name then tells what it can.
 */
export function toConnectedAccount(
  identity: SalesforceIdentity,
  organization: z.output<typeof organizationSchema> | undefined,
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
