import { isConnectorError } from "@isthmus/core";
import { giveBack, givesBack } from "../approval/stored-change.js";
import { mapConcurrently } from "../concurrently.js";
import { DatabaseUnavailableError } from "../database/index.js";
import { revokeGrant } from "../deletion/revoke-grant.js";
import { ApiError } from "../errors/index.js";
import type { ChangeRequestRow, ConnectorRow, Page, PageRequest } from "../repositories/index.js";
import type { Services } from "../services.js";
import { whenAborted } from "./when-aborted.js";

/** What became of a tenant's grants at the vendors. */
export interface RevokedGrants {
  /** How many the vendors confirmed. */
  readonly revoked: number;
  /** Those that may live on there, and why. */
  readonly notRevoked: { readonly connectorId: string; readonly code: string }[];
}

const pageSize = 200;
/** Vendors that are asked at once. */
const atOnce = 10;

/**
 * Gives back every grant of a tenant, those that wait for an approval included, as far as that is possible before `signal` ends
 * it: then the rest is not revoked, with the code `TIMEOUT`. A vendor that is away keeps nothing from going on.
 *
 * @throws {DatabaseUnavailableError}
 */
export async function revokeGrants(services: Services, tenantId: string, signal: AbortSignal): Promise<RevokedGrants> {
  const notRevoked: { connectorId: string; code: string }[] = [];
  const late = whenAborted(signal);
  let revoked = 0;
  const note = (connectorId: string, code: string | undefined) => {
    if (code === undefined) revoked += 1;
    else notRevoked.push({ connectorId, code });
  };
  const { database } = services;
  const connectors = listAll((page) => database.asTenant(tenantId, (work) => work.connectors.listWithTokens(page)));
  for await (const rows of connectors) {
    await mapConcurrently(rows, atOnce, async (row) => note(row.id, await revoke(services, row, signal)));
  }
  const changes = listAll((page) => database.asTenant(tenantId, (work) => work.changeRequests.listWithPayload(page)));
  for await (const rows of changes) {
    await mapConcurrently(rows.filter(givesBack), atOnce, async (row) =>
      note(row.targetId, await giveBackWaiting(services, row, signal, late)),
    );
  }
  return { revoked, notRevoked };
}

async function* listAll<Row>(list: (page: PageRequest) => Promise<Page<Row>>): AsyncGenerator<readonly Row[]> {
  let after: string | undefined;
  do {
    const { rows, nextCursor } = await list({ limit: pageSize, ...(after !== undefined && { after }) });
    yield rows;
    after = nextCursor;
  } while (after !== undefined);
}

/** @returns as {@link revoke}. */
async function giveBackWaiting(
  services: Services,
  row: ChangeRequestRow,
  signal: AbortSignal,
  late: Promise<never>,
): Promise<string | undefined> {
  if (signal.aborted) return "TIMEOUT";
  try {
    await Promise.race([giveBack(services, row), late]);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error;
    if (signal.aborted) return "TIMEOUT";
    const about = { tenantId: row.tenantId, changeRequestId: row.id, err: error };
    services.logger.warn(about, "A grant that waits for an approval could not be given back");
    return isConnectorError(error) || error instanceof ApiError ? error.code : "INTERNAL";
  }
}

/** @returns why not; `undefined` when the vendor confirmed. */
async function revoke(services: Services, row: ConnectorRow, signal: AbortSignal): Promise<string | undefined> {
  if (signal.aborted) return "TIMEOUT";
  const grant = await revokeGrant(services, row, signal);
  return grant.kind === "alive" ? grant.code : undefined;
}
