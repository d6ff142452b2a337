import type { IdentityProviderRow } from "../repositories/index.js";

/** An identity provider as it is answered. It holds no secret: what proves tokens is public. */
export function viewIdentityProvider(row: IdentityProviderRow) {
  const { id, name, issuer, jwksUri, audience, accessTokenType, requiredScope, createsUsers, maxAgeSeconds } = row;
  return {
    ...{ id, name, issuer, jwksUri, audience },
    algorithms: [...row.algorithms],
    ...{ accessTokenType, requiredScope },
    rolesClaim: [...row.rolesClaim],
    roleMapping: row.roleMapping.map(({ value, roles }) => ({ value, roles: [...roles] })),
    emailClaim: [...row.emailClaim],
    nameClaim: [...row.nameClaim],
    ...{ createsUsers, maxAgeSeconds },
    clockToleranceSeconds: row.toleranceSeconds,
    enabled: row.isEnabled,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** See {@link viewIdentityProvider}. */
export type IdentityProviderView = ReturnType<typeof viewIdentityProvider>;
