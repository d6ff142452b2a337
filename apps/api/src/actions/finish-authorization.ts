import { type ConnectedAccount, ConnectorError, codeOf, isConnectorError } from "@isthmus/core";
import type { Author } from "../approval/tell.js";
import { RowDigester } from "../audit/row-digester.js";
import { isAllowed } from "../authorization/index.js";
import { ApiError, toProblem } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import type { ConnectorRow, NewAuditEvent, OauthSessionRow, Role } from "../repositories/index.js";
import type { Services } from "../services.js";
import { finishInProduction } from "./finish-in-production.js";
import { openAuthorization } from "./oauth-session.js";
import { rolesOfRequester } from "./roles-of-requester.js";

/** What the vendor sent the browser back with. */
export interface Callback {
  /** From the path: each type has an address of its own, so an answer of one vendor cannot be taken for another's. */
  readonly type: string;
  readonly state: string;
  /** The cookie of this state; `undefined` when the browser brought none. */
  readonly cookie: string | undefined;
  /** The whole address with its query. */
  readonly url: string;
  readonly requestId: string;
  readonly ip: string;
}

/** How an authorisation ended, for a page or a redirect. */
export interface FinishedAuthorization {
  readonly connectorId: string;
  readonly connectorName: string;
  readonly tenantName: string;
  readonly requestedBy: string;
  /** Where the browser wants to go; allow-listed when it was stored. */
  readonly returnTo: string | undefined;
  readonly result: /** No account: the tokens are good and stored, but the vendor did not say whose they are. The next test asks again. */
    | { readonly outcome: "connected"; readonly account: ConnectedAccount | undefined }
    /** They are another account's, and the connector is one of production: somebody else has to approve first. */
    | ({ readonly outcome: "requested" } & RequestedAccount)
    /** What {@link toProblem} makes of it is fit to be shown. */
    | { readonly outcome: "failed"; readonly error: unknown };
}

/** An account that a connector is to be connected to, instead of another one. */
export interface RequestedAccount {
  readonly changeRequestId: string;
  /** What the vendor says; `undefined` = nothing. */
  readonly account: ConnectedAccount | undefined;
  /** Name of the account that it stays connected to. */
  readonly presentAccount: string | null;
}

/**
 * Ends an authorisation: consumes its state, exchanges the code and stores the tokens, asks the vendor whose they are.
 * The vendor is called between two units of work, never inside one.
 *
 * @returns also when the vendor or the person declined: then with the error.
 * @throws {ApiError} `AUTHORIZATION_LINK_INVALID` when the state is unknown, used, expired or another browser's.
 */
export async function finishAuthorization(services: Services, callback: Callback): Promise<FinishedAuthorization> {
  const { database } = services;
  const { tenantId, sessionId, connectorId } = await claim(services, callback);
  const { session, row, tenant, requester, roles } = await database.asTenant(tenantId, async (repositories) => {
    const found = await repositories.oauthSessions.findById(sessionId);
    const user = found && (await repositories.users.findById(found.requestedBy));
    return {
      session: found,
      row: await repositories.connectors.findById(connectorId),
      tenant: await repositories.tenant.find(),
      requester: user,
      roles: await rolesOfRequester(repositories, user),
    };
  });
  if (!session || !row) throw invalid("The connector was deleted meanwhile.");
  assertMayConnect(roles);
  const result = await end(services, callback, session, row);
  return {
    connectorId,
    connectorName: row.connectorName,
    tenantName: tenant?.name ?? "",
    requestedBy: requester?.name ?? "",
    returnTo: session.returnTo ?? undefined,
    result,
  };
}

type Result = FinishedAuthorization["result"];
type Failed = Extract<Result, { outcome: "failed" }>;

async function claim({ database }: Services, { state, cookie }: Callback) {
  if (cookie === undefined) {
    throw invalid(
      "The browser brought no cookie of this authorisation. Open the link in the browser that you sign in with.",
    );
  }
  const found = await database.asSystem((system) => system.claimOauthState(sha256Hex(state), sha256Hex(cookie)));
  if (found?.outcome === "claimed") return found;
  const words = {
    used: "This answer was used already.",
    expired: "The authorisation took too long.",
    cookie_mismatch: "This answer belongs to an authorisation in another browser.",
    unknown: "This answer belongs to no authorisation that was begun here.",
  };
  throw invalid(words[found?.outcome ?? "unknown"]);
}

/** Who asked may have lost the right since: their link must not outlive it. */
function assertMayConnect(roles: readonly Role[]): void {
  if (isAllowed(roles, "connectors.connect")) return;
  throw new ApiError("FORBIDDEN", "Whoever asked for this authorisation may not connect any more.");
}

function end(services: Services, callback: Callback, session: OauthSessionRow, row: ConnectorRow): Promise<Result> {
  return row.environment === "production"
    ? endInProduction(services, callback, session, row)
    : connect(services, callback, session, row).then((result) => keep(services, callback, session, row, result));
}

/** There the tokens are not stored before it is known whose they are. */
async function endInProduction(
  services: Services,
  callback: Callback,
  session: OauthSessionRow,
  row: ConnectorRow,
): Promise<Result> {
  const { requestId, ip, url: callbackUrl } = callback;
  const { requestedBy } = session;
  const author: Author = (facts) => ({ actorUserId: requestedBy, requestId, ip, ...facts });
  try {
    const { pending } = await openFitting(services, callback, session, row);
    const ended = await finishInProduction(services, { row, requestedBy, author, callbackUrl, pending });
    if (ended.outcome === "connected") return ended;
    const { request, account } = ended;
    const presentAccount = row.boundAccountName ?? row.boundAccountId;
    return { outcome: "requested", changeRequestId: request.id, account, presentAccount };
  } catch (error) {
    const failed = failedBy(services, row, error);
    await record(services, callback, session, row, failed);
    return failed;
  }
}

/** What the way back needs. @throws {ConnectorError} `OAUTH_STATE_INVALID`. */
async function openFitting(services: Services, callback: Callback, session: OauthSessionRow, row: ConnectorRow) {
  if (row.connectorType !== callback.type) throw stateInvalid("This answer came to another vendor's address.");
  if (row.version !== session.connectorVersion)
    throw stateInvalid("The connector was changed since the link was made.");
  return openAuthorization(services, session);
}

function failedBy(services: Services, row: ConnectorRow, error: unknown): Failed {
  const isKnown = isConnectorError(error) || error instanceof ApiError;
  if (!isKnown) services.logger.error({ err: error, connectorId: row.id }, "An authorisation failed");
  return { outcome: "failed", error };
}

async function connect(
  services: Services,
  callback: Callback,
  session: OauthSessionRow,
  row: ConnectorRow,
): Promise<Result> {
  try {
    const { pending } = await openFitting(services, callback, session, row);
    return await services.pool.use(row, async (connector) => {
      const before = await tokenVersion(services, row);
      try {
        return { outcome: "connected", account: await connector.handleCallback(callback.url, pending) };
      } catch (error) {
        if (codeOf(error) === "RECONNECT_REQUIRED" || (await tokenVersion(services, row)) === before) throw error;
        services.logger.warn({ err: error, connectorId: row.id }, "The vendor did not say whose the new tokens are");
        return { outcome: "connected", account: undefined };
      }
    });
  } catch (error) {
    // The token store takes no grant for a connector that is not the one which asked for it.
    if (codeOf(error) === "NOT_FOUND") return { outcome: "failed", error: changedMeanwhile() };
    return failedBy(services, row, error);
  }
}

/** Counts the connector's token sets: it has grown when tokens were stored. */
async function tokenVersion({ database }: Services, { tenantId, id: connectorId }: ConnectorRow): Promise<number> {
  return (await database.asSystem(({ tokens }) => tokens.load({ tenantId, connectorId }))).version;
}

/** Writes the result down. A connector that changed or went away while the vendor was asked gives its grant back. */
async function keep(
  services: Services,
  callback: Callback,
  session: OauthSessionRow,
  row: ConnectorRow,
  result: Result,
): Promise<Result> {
  try {
    await record(services, callback, session, row, result);
    return result;
  } catch (error) {
    if (codeOf(error) !== "OAUTH_STATE_INVALID" && codeOf(error) !== "NOT_FOUND") throw error;
    await giveBack(services, row);
    const failed: Result = { outcome: "failed", error: changedMeanwhile() };
    await record(services, callback, session, row, failed);
    return failed;
  }
}

async function giveBack(services: Services, row: ConnectorRow): Promise<void> {
  const { revoked } = await services.pool.use(row, (connector) => connector.disconnect());
  services.logger.warn({ connectorId: row.id, revoked }, "An authorisation came too late and was given back");
  await services.database.asTenant(row.tenantId, async ({ connectors }) => {
    const facts = { status: "disconnected", accountId: null, accountName: null } as const;
    if (await connectors.findById(row.id)) await connectors.recordConnection(row.id, facts);
  });
}

async function record(
  services: Services,
  { requestId, ip }: Callback,
  session: OauthSessionRow,
  row: ConnectorRow,
  result: Result,
): Promise<void> {
  const event: Omit<NewAuditEvent, "action" | "outcome"> = {
    actorUserId: session.requestedBy,
    targetType: "connector",
    targetId: row.id,
    requestId,
    ip,
  };
  using digester = await RowDigester.take(services, row.tenantId);
  await services.database.asTenant(row.tenantId, async ({ connectors, auditEvents }) => {
    if (result.outcome === "requested") return;
    if (result.outcome === "failed") {
      const { code } = toProblem(result.error, requestId).problem;
      await auditEvents.append({
        ...event,
        action: "connector.authorization_failed",
        outcome: "failure",
        details: { code },
      });
      return;
    }
    const { id: accountId = null, name: accountName = null } = result.account ?? {};
    // It locks the row. A change that comes now waits, and finds the tokens that it has to destroy.
    const before = await connectors.recordConnection(row.id, {});
    if (before.version !== row.version) throw stateInvalid("The connector was changed meanwhile.");
    const after = await connectors.recordConnection(row.id, { status: "connected", accountId, accountName });
    const digests = digester.of("connectors", row.id, { before, after });
    const details = { accountId, accountName, previousAccountId: row.accountId, ...digests };
    await auditEvents.append({ ...event, action: "connector.connected", outcome: "success", details });
  });
}

function invalid(words: string): ApiError {
  return new ApiError("AUTHORIZATION_LINK_INVALID", `${words} Ask for a new link and begin again.`);
}

function changedMeanwhile(): ConnectorError {
  return stateInvalid("The connector was changed or deleted meanwhile.");
}

function stateInvalid(words: string): ConnectorError {
  return new ConnectorError("OAUTH_STATE_INVALID", `${words} Ask for a new link and begin again.`);
}
