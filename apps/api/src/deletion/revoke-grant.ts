import { isConnectorError } from "@isthmus/core";
import { whenAborted } from "../actions/when-aborted.js";
import { DatabaseUnavailableError } from "../database/index.js";
import { ApiError } from "../errors/index.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";

/** What became of the grant of a connector that is deleted, or whose tenant is. Its tokens are stored as before. */
export type GrantOutcome =
  /** There was none. */
  | { readonly kind: "none" }
  /** The vendor confirmed. */
  | { readonly kind: "revoked" }
  /** It may live on at the vendor. */
  | {
      readonly kind: "alive";
      readonly code: string;
      /** Whether asking again may help: not where the vendor has no way to be told. */
      readonly mayChange: boolean;
    };

/**
 * Asks the vendor to revoke a connector's grant, until `signal` ends it. Doing it twice does no harm.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function revokeGrant(
  { database, pool, logger }: Pick<Services, "database" | "pool" | "logger">,
  row: ConnectorRow,
  signal: AbortSignal,
): Promise<GrantOutcome> {
  const { tenantId, id: connectorId } = row;
  const { tokens } = await database.asSystem((system) => system.tokens.load({ tenantId, connectorId }));
  if (tokens === undefined) return { kind: "none" };
  try {
    // A revocation first waits for a renewal under way, which no signal ends.
    const late = whenAborted(signal);
    const told = await Promise.race([pool.visit(row, (connector) => connector.revoke(signal)), late]);
    if (told.revoked) return { kind: "revoked" };
    if (!told.held) return { kind: "none" };
    if (told.failure === undefined) return { kind: "alive", code: "UNSUPPORTED", mayChange: false };
    return { kind: "alive", code: signal.aborted ? "TIMEOUT" : told.failure.code, mayChange: true };
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    logger.warn({ tenantId, connectorId, err: error }, "The grant of a connector that is deleted could not be revoked");
    const known = isConnectorError(error) || error instanceof ApiError;
    return { kind: "alive", code: signal.aborted ? "TIMEOUT" : known ? error.code : "INTERNAL", mayChange: true };
  }
}
