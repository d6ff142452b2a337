import { Prisma, type IdentityProvider as PrismaIdentityProvider } from "../generated/prisma/client.js";
import type { SystemQuery } from "./client.js";
import { type IdentityProviderRow, toIdentityProvider } from "./identity-providers.js";

/** What is asked for a sign-in before anybody is known to be who they say. */
export interface SystemSignInRepository {
  /**
   * Whom this tenant trusts under this name.
   *
   * @returns `undefined` when there is no such tenant, it trusts no such issuer, or not at present.
   */
  findProvider(tenantId: string, issuer: string): Promise<IdentityProviderRow | undefined>;
}

/** The function for sign-ins. */
export function createSystemSignInRepository(query: SystemQuery): SystemSignInRepository {
  return {
    async findProvider(tenantId, issuer) {
      const [row] = await query<PrismaIdentityProvider>(Prisma.sql`
        select id::text as "id", tenant_id::text as "tenantId", name, issuer, jwks_uri as "jwksUri", audience, algorithms,
          access_token_type as "accessTokenType", required_scope as "requiredScope", roles_claim as "rolesClaim",
          role_mapping as "roleMapping", email_claim as "emailClaim", name_claim as "nameClaim",
          creates_users as "createsUsers", max_age_seconds as "maxAgeSeconds", tolerance_seconds as "toleranceSeconds",
          is_enabled as "isEnabled", version, created_at as "createdAt", updated_at as "updatedAt"
        from isthmus_find_identity_provider(${tenantId}::uuid, ${issuer})`);
      return row && toIdentityProvider(row);
    },
  };
}
