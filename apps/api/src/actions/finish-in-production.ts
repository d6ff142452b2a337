import { type ConnectedAccount, codeOf, MemoryTokenStore, type PendingAuthorization } from "@isthmus/core";
import { assertNoEmergency } from "../approval/assert-no-emergency.js";
import {
  type ConnectorReauthorization,
  connectorReauthorize,
  timesOf,
} from "../approval/kinds/connector-reauthorize.js";
import { newRequest } from "../approval/new-request.js";
import { connectionOf, tellOfChange } from "../approval/tell.js";
import { RowDigester } from "../audit/row-digester.js";
import type { ChangeRequestRow, ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { HoldingTokenStore } from "../tokens/holding-token-store.js";
import { tokensPlace } from "../tokens/tokens-place.js";
import type { AnsweredAuthorization } from "./answered-authorization.js";
import { changedMeanwhile } from "./authorization-errors.js";
import { noteConnected } from "./record-authorization.js";

/** How it ended, unless by an error. */
export type ProductionResult =
  | { readonly outcome: "connected"; readonly account: ConnectedAccount | undefined }
  /** The vendor's account is another one than before: somebody else has to approve. */
  | {
      readonly outcome: "requested";
      readonly request: ChangeRequestRow;
      readonly account: ConnectedAccount | undefined;
    };

/**
 * Ends an authorisation of a connector of production. The tokens are held back until the vendor has said whose they are:
 * those of the account that the connector was last connected to, or of its very first one, are stored; those of any other
 * account, or of one that the vendor does not name, wait sealed in a change request, and the present ones go on working.
 *
 * @throws what the exchange throws; `OAUTH_STATE_INVALID` when the connector changed meanwhile, and `EMERGENCY_UNCONFIRMED`: then
 *   the new grant is given back.
 */
export async function finishInProduction(
  services: Services,
  { row, requestedBy, author, callbackUrl, pending }: AnsweredAuthorization,
): Promise<ProductionResult> {
  const { tenantId, id } = row;
  const store = new HoldingTokenStore(services);
  const account = await exchange(services, row, store, callbackUrl, pending);
  const { held } = store;
  if (held === undefined) throw new Error("An authorisation brought no tokens.");
  try {
    const { tokens, refreshAtMs } = held;
    const sealed = await services.vault.seal(tokens, tokensPlace(tenantId, id));
    const landed = { tokens: sealed, ...timesOf(tokens, refreshAtMs) };
    const change: ConnectorReauthorization = {
      tokens: { ...tokens },
      ...(refreshAtMs !== undefined && { refreshAtMs }),
      account: account ? { id: account.id, name: account.name } : null,
    };
    const before = { id: row.boundAccountId, name: row.boundAccountName };
    const wish = await newRequest(
      services,
      { tenantId, userId: requestedBy },
      {
        kind: connectorReauthorize,
        target: { type: "connector", id, version: row.version },
        targetName: row.connectorCode,
        connectorType: row.connectorType,
        change,
        diff: [{ path: "account", change: "changed", before, after: change.account }],
      },
    );
    using digester = await RowDigester.take(services, tenantId);
    const request = await services.database.asTenant(tenantId, async (repositories) => {
      const { connectors, connectorTokens, changeRequests } = repositories;
      // It locks the row: of two authorisations at once, the second one finds the account of the first.
      const current = await connectors.recordConnection(id, {});
      if (current.version !== row.version) throw changedMeanwhile();
      if (current.boundAccountId === null || current.boundAccountId === account?.id) {
        await connectorTokens.replace(id, landed);
        await noteConnected(repositories, author, digester, current, account);
        return undefined;
      }
      await assertNoEmergency(changeRequests, { type: "connector", id });
      const created = await changeRequests.create(wish);
      await tellOfChange(repositories, author, "requested", created);
      return created;
    });
    if (request === undefined) return connected(services, row, account);
    services.events.emit("change.requested", { connection: connectionOf(request), changeRequestId: request.id });
    return { outcome: "requested", request, account };
  } catch (error) {
    await giveBack(services, row, held.tokens);
    throw codeOf(error) === "NOT_FOUND" ? changedMeanwhile() : error;
  }
}

/** @returns whose the tokens are; `undefined` when the vendor does not say. */
async function exchange(
  { pool, logger }: Services,
  row: ConnectorRow,
  store: HoldingTokenStore,
  callbackUrl: string,
  pending: PendingAuthorization,
): Promise<ConnectedAccount | undefined> {
  try {
    return await pool.apart(row, store, (connector) => connector.handleCallback(callbackUrl, pending));
  } catch (error) {
    if (codeOf(error) === "RECONNECT_REQUIRED" || store.held === undefined) throw error;
    logger.warn({ err: error, connectorId: row.id }, "The vendor did not say whose the new tokens are");
    return undefined;
  }
}

function connected(
  { pool, events }: Services,
  { id: connectorId, tenantId, connectorType: type }: ConnectorRow,
  account: ConnectedAccount | undefined,
): ProductionResult {
  // What is live has the tokens before.
  pool.drop(connectorId);
  const connection = { type, tenantId, connectorId };
  events.emit("connector.connected", { connection, ...(account && { accountId: account.id }) });
  return { outcome: "connected", account };
}

/** A grant that has no place here is revoked. That it lives on, when that fails, is worth a line. */
async function giveBack(
  { pool, clock, random, logger, ending }: Services,
  row: ConnectorRow,
  tokens: NonNullable<HoldingTokenStore["held"]>["tokens"],
): Promise<void> {
  try {
    const store = new MemoryTokenStore({ clock, random, tokens });
    const { revoked } = await pool.apart(row, store, (connector) => connector.revoke(ending));
    logger.warn({ connectorId: row.id, revoked }, "An authorisation that was not wanted was given back");
  } catch (error) {
    logger.warn({ connectorId: row.id, err: error }, "An authorisation that was not wanted could not be given back");
  }
}
