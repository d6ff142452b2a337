import { ConnectorError, type TokenSet } from "@isthmus/core";
import { z } from "zod";

// Loose: what a later release adds to a set has to survive this one.
const tokenSetSchema = z.looseObject({
  accessToken: z.string(),
  tokenType: z.string(),
  refreshToken: z.string().optional(),
  expiresAtMs: z.number().optional(),
  issuedAtMs: z.number(),
  scope: z.string().optional(),
  attributes: z.record(z.string(), z.string()),
  rotates: z.boolean().optional(),
  reconnectBeforeMs: z.number().optional(),
});

/**
 * A token set as it was opened.
 *
 * @throws {ConnectorError} `SEALED_VALUE_UNREADABLE` when it is none.
 */
export function readTokenSet(opened: unknown): TokenSet {
  const parsed = tokenSetSchema.safeParse(opened);
  if (!parsed.success) {
    throw new ConnectorError(
      "SEALED_VALUE_UNREADABLE",
      "The stored token set is not in a form that this release reads. Authorise the connector again.",
    );
  }
  const { refreshToken, expiresAtMs, scope, rotates, reconnectBeforeMs, ...rest } = parsed.data;
  return {
    ...rest,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(scope !== undefined && { scope }),
    ...(rotates !== undefined && { rotates }),
    ...(reconnectBeforeMs !== undefined && { reconnectBeforeMs }),
  };
}
