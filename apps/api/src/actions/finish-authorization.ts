import { type ConnectedAccount, isConnectorError } from "@isthmus/core";
import type { Author } from "../approval/tell.js";
import { isAllowed } from "../authorization/index.js";
import { ApiError } from "../errors/index.js";
import { sha256Hex } from "../keys/api-key.js";
import type { ConnectorRow, OauthSessionRow, Role } from "../repositories/index.js";
import type { Services } from "../services.js";
import { linkInvalid, stateInvalid } from "./authorization-errors.js";
import { finishInProduction } from "./finish-in-production.js";
import { finishInSandbox } from "./finish-in-sandbox.js";
import { openAuthorization } from "./oauth-session.js";
import { noteFailure } from "./record-authorization.js";
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
    /** What `toProblem` makes of it is fit to be shown. */
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
  if (!session || !row) throw linkInvalid("The connector was deleted meanwhile.");
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

async function claim({ database }: Services, { state, cookie }: Callback) {
  if (cookie === undefined) {
    throw linkInvalid(
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
  throw linkInvalid(words[found?.outcome ?? "unknown"]);
}

/** Who asked may have lost the right since: their link must not outlive it. */
function assertMayConnect(roles: readonly Role[]): void {
  if (isAllowed(roles, "connectors.connect")) return;
  throw new ApiError("FORBIDDEN", "Whoever asked for this authorisation may not connect any more.");
}

async function end(
  services: Services,
  callback: Callback,
  session: OauthSessionRow,
  row: ConnectorRow,
): Promise<FinishedAuthorization["result"]> {
  const { requestId, ip, url: callbackUrl } = callback;
  const { requestedBy } = session;
  const author: Author = (facts) => ({ actorUserId: requestedBy, requestId, ip, ...facts });
  try {
    const { pending } = await openFitting(services, callback, session, row);
    const answered = { row, requestedBy, author, callbackUrl, pending };
    if (row.environment !== "production") {
      return { outcome: "connected", account: await finishInSandbox(services, answered) };
    }
    const ended = await finishInProduction(services, answered);
    if (ended.outcome === "connected") return ended;
    const { request, account } = ended;
    const presentAccount = row.boundAccountName ?? row.boundAccountId;
    return { outcome: "requested", changeRequestId: request.id, account, presentAccount };
  } catch (error) {
    const isKnown = isConnectorError(error) || error instanceof ApiError;
    if (!isKnown) services.logger.error({ err: error, connectorId: row.id }, "An authorisation failed");
    await noteFailure(services, author, row, error, requestId);
    return { outcome: "failed", error };
  }
}

/** What the way back needs. @throws {ConnectorError} `OAUTH_STATE_INVALID`. */
async function openFitting(services: Services, { type }: Callback, session: OauthSessionRow, row: ConnectorRow) {
  if (row.connectorType !== type) throw stateInvalid("This answer came to another vendor's address.");
  if (row.version !== session.connectorVersion)
    throw stateInvalid("The connector was changed since the link was made.");
  return openAuthorization(services, session);
}
