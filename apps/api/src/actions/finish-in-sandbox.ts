import { type ConnectedAccount, codeOf } from "@isthmus/core";
import { RowDigester } from "../audit/row-digester.js";
import type { ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import type { AnsweredAuthorization } from "./answered-authorization.js";
import { changedMeanwhile } from "./authorization-errors.js";
import { noteConnected } from "./record-authorization.js";

/**
 * Ends an authorisation of a connector of the sandbox: its tokens are stored as they come, whosesoever they are.
 *
 * @returns whose they are; `undefined` when the vendor does not say.
 * @throws what the exchange throws; `OAUTH_STATE_INVALID` when the connector changed or went away meanwhile: then the new grant is
 *   given back.
 */
export async function finishInSandbox(
  services: Services,
  authorization: AnsweredAuthorization,
): Promise<ConnectedAccount | undefined> {
  const { row, author } = authorization;
  const account = await connect(services, authorization);
  using digester = await RowDigester.take(services, row.tenantId);
  try {
    await services.database.asTenant(row.tenantId, async (repositories) => {
      // It locks the row. A change that comes now waits, and finds the tokens that it has to destroy.
      const before = await repositories.connectors.recordConnection(row.id, {});
      if (before.version !== row.version) throw changedMeanwhile();
      await noteConnected(repositories, author, digester, before, account);
    });
  } catch (error) {
    if (codeOf(error) !== "OAUTH_STATE_INVALID" && codeOf(error) !== "NOT_FOUND") throw error;
    await giveBack(services, row);
    throw changedMeanwhile();
  }
  return account;
}

async function connect(
  services: Services,
  { row, callbackUrl, pending }: AnsweredAuthorization,
): Promise<ConnectedAccount | undefined> {
  try {
    return await services.pool.use(row, async (connector) => {
      const before = await tokenVersion(services, row);
      try {
        return await connector.handleCallback(callbackUrl, pending);
      } catch (error) {
        if (codeOf(error) === "RECONNECT_REQUIRED" || (await tokenVersion(services, row)) === before) throw error;
        services.logger.warn({ err: error, connectorId: row.id }, "The vendor did not say whose the new tokens are");
        return undefined;
      }
    });
  } catch (error) {
    // The token store takes no grant for a connector that is not the one which asked for it.
    throw codeOf(error) === "NOT_FOUND" ? changedMeanwhile() : error;
  }
}

/** Counts the connector's token sets: it has grown when tokens were stored. */
async function tokenVersion({ database }: Services, { tenantId, id: connectorId }: ConnectorRow): Promise<number> {
  return (await database.asSystem(({ tokens }) => tokens.load({ tenantId, connectorId }))).version;
}

async function giveBack(services: Services, row: ConnectorRow): Promise<void> {
  const { revoked } = await services.pool.use(row, (connector) => connector.disconnect());
  services.logger.warn({ connectorId: row.id, revoked }, "An authorisation came too late and was given back");
  await services.database.asTenant(row.tenantId, async ({ connectors }) => {
    const facts = { status: "disconnected", accountId: null, accountName: null } as const;
    if (await connectors.findById(row.id)) await connectors.recordConnection(row.id, facts);
  });
}
