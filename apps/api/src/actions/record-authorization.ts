import type { ConnectedAccount } from "@isthmus/core";
import type { Author } from "../approval/tell.js";
import type { RowDigester } from "../audit/row-digester.js";
import { toProblem } from "../errors/index.js";
import type { ConnectorRow, TenantRepositories } from "../repositories/index.js";
import type { Services } from "../services.js";
import { connectorFacts } from "./audit.js";

/**
 * Notes, in the unit of work in which its tokens are stored or have been, that a connector is connected.
 *
 * @param before - The connector's row, which is locked.
 */
export async function noteConnected(
  { connectors, auditEvents }: TenantRepositories,
  author: Author,
  digester: RowDigester,
  before: ConnectorRow,
  account: ConnectedAccount | undefined,
): Promise<void> {
  const { id: accountId = null, name: accountName = null } = account ?? {};
  const accountVersion = account ? before.version : null;
  const facts = { status: "connected", accountId, accountName, accountVersion } as const;
  const after = await connectors.recordConnection(before.id, facts);
  const digests = digester.of("connectors", before.id, { before, after });
  const details = { accountId, accountName, previousAccountId: before.accountId, ...digests };
  await auditEvents.append(author(connectorFacts("connector.connected", before.id, details)));
}

/** Notes that an authorisation came to nothing, and why. */
export async function noteFailure(
  { database }: Services,
  author: Author,
  { tenantId, id }: ConnectorRow,
  error: unknown,
  requestId: string,
): Promise<void> {
  const { code } = toProblem(error, requestId).problem;
  const event = { ...connectorFacts("connector.authorization_failed", id, { code }), outcome: "failure" } as const;
  await database.asTenant(tenantId, ({ auditEvents }) => auditEvents.append(author(event)));
}
