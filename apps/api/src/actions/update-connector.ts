import { type AuthenticationMethod, type ConnectorDefinition, ValidationError } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { credentialsPlace } from "../connectors/credentials-place.js";
import { readStoredConfiguration } from "../connectors/stored-configuration.js";
import { ApiError } from "../errors/index.js";
import type { ConnectorChanges, ConnectorRow } from "../repositories/index.js";
import type { Services } from "../services.js";
import { assertNoRun } from "./assert-no-run.js";
import { assertSandbox } from "./assert-sandbox.js";
import { connectorAudit } from "./audit.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { withConflicts } from "./database-conflicts.js";
import { findConnector, findReconnectBefore } from "./find-connector.js";
import { type ProvenConnector, proveSettings } from "./prove-settings.js";

/** What an update changes; what is missing stays. */
export interface UpdateConnectorInput {
  readonly code?: string | undefined;
  readonly name?: string | undefined;
  readonly active?: boolean | undefined;
  readonly environment?: "sandbox" | "production" | undefined;
  readonly externalSystemUrl?: string | undefined;
  readonly authenticationMethod?: AuthenticationMethod | undefined;
  readonly credentials?: unknown;
  readonly configuration?: unknown;
}

/**
 * Changes a connector that is still at `expectedVersion`.
 *
 * When it may talk to other hosts afterwards, or authenticates in another way, its tokens are destroyed: they were given
 * for the old address and must not travel to a new one.
 *
 * @throws {ApiError} `PRECONDITION_FAILED`, `APPROVAL_UNAVAILABLE`, `FORBIDDEN`; `OPERATION_RUN_UNFINISHED` where the tokens
 *   would be destroyed, naming the run.
 * @throws {ConnectorError} as `createConnector`, and `NOT_FOUND`.
 */
export async function updateConnector(
  services: Services,
  caller: Caller,
  id: string,
  expectedVersion: number,
  input: UpdateConnectorInput,
): Promise<ConnectorView> {
  await assertAllowed(services, caller, "connectors.write");
  assertSandbox(input.environment);
  const { tenantId } = caller;
  const row = await findConnector(services, tenantId, id);
  assertSandbox(row.environment);
  if (row.version !== expectedVersion) {
    throw new ApiError(
      "PRECONDITION_FAILED",
      `The connector is at version ${row.version}. Read it again and repeat the change.`,
    );
  }
  const { changes, grantEnds } = await proveChanges(services, row, input);
  const updated = await withConflicts(() =>
    services.database.asTenant(tenantId, async ({ connectors, connectorTokens, operationRuns, auditEvents }) => {
      const changed = await connectors.update(id, expectedVersion, changes);
      if (grantEnds) await assertNoRun(operationRuns, id);
      const fields = Object.keys(input).filter((field) => Reflect.get(input, field) !== undefined);
      await auditEvents.append(connectorAudit(caller, "connector.updated", id, { fields, grantEnds }));
      if (!grantEnds) return changed;
      await connectorTokens.clear(id);
      return connectors.recordConnection(id, { status: "disconnected", accountId: null, accountName: null });
    }),
  );
  services.pool.drop(id);
  services.events.emit("connector.updated", { connection: { type: row.connectorType, tenantId, connectorId: id } });
  return viewConnector(updated, await findReconnectBefore(services, updated));
}

async function proveChanges(
  services: Services,
  row: ConnectorRow,
  input: UpdateConnectorInput,
): Promise<{ readonly changes: ConnectorChanges; readonly grantEnds: boolean }> {
  const plain: ConnectorChanges = {
    ...(input.code !== undefined && { connectorCode: input.code }),
    ...(input.name !== undefined && { connectorName: input.name }),
    ...(input.active !== undefined && { isActive: input.active }),
    ...(input.environment !== undefined && { environment: input.environment }),
  };
  const method = input.authenticationMethod ?? row.authenticationMethod;
  const touched = [input.externalSystemUrl, input.authenticationMethod, input.credentials, input.configuration];
  if (touched.every((value) => value === undefined)) return { changes: plain, grantEnds: false };

  const definition = services.connectors.definition(row.connectorType);
  const proven = await proveSettings(services, definition, {
    authenticationMethod: method,
    credentials: await credentialsFor(services, row, input, method),
    configuration: input.configuration ?? withoutAddress(definition, row, input.externalSystemUrl),
    externalSystemUrl: input.externalSystemUrl,
  });
  const hostsStay = sameHosts(definition, row, proven.allowedHosts);
  if (input.credentials === undefined) assertSameReach(row, proven, hostsStay);
  const sealed =
    input.credentials === undefined
      ? undefined
      : await services.vault.seal(proven.credentials, credentialsPlace(row.tenantId, row.id));
  const changes: ConnectorChanges = {
    ...plain,
    authenticationMethod: method,
    configuration: proven.configuration,
    connectorVersion: definition.version,
    externalSystemUrl: proven.externalSystemUrl,
    ...(sealed && { credentials: sealed }),
  };
  const grantEnds = method !== row.authenticationMethod || !hostsStay;
  return { changes, grantEnds: grantEnds || proven.externalSystemUrl !== row.externalSystemUrl };
}

/**
 * Stored credentials go nowhere but where they were given for: whoever may change an address cannot read them, and must not
 * have them sent to a host of theirs either.
 */
function assertSameReach(row: ConnectorRow, proven: ProvenConnector, hostsStay: boolean): void {
  const [before, after] = [new URL(row.externalSystemUrl), new URL(proven.externalSystemUrl)];
  const portStays = before.hostname !== after.hostname || before.origin === after.origin;
  const isEmpty = Object.keys(Object(proven.credentials)).length === 0;
  if (isEmpty || (hostsStay && portStays)) return;
  throw new ValidationError("The connector would send its credentials to another address. Give them again.", [
    { path: "credentials", message: "Needed, because the address changes." },
  ]);
}

/** The stored configuration, its address taken out where a new one is given. */
function withoutAddress(definition: ConnectorDefinition, row: ConnectorRow, newUrl: string | undefined): unknown {
  const stored = readStoredConfiguration(definition, row);
  const field: string | undefined = definition.externalSystemUrlField;
  if (newUrl === undefined || field === undefined || typeof stored !== "object" || stored === null) return stored;
  return Object.fromEntries(Object.entries(stored).filter(([key]) => key !== field));
}

/** The credentials that the changed connector will work with: they have to fit the rest. */
async function credentialsFor(
  services: Services,
  row: ConnectorRow,
  input: UpdateConnectorInput,
  method: AuthenticationMethod,
): Promise<unknown> {
  if (input.credentials !== undefined) return input.credentials;
  if (method !== row.authenticationMethod) {
    throw new ValidationError("Another authentication method needs its own credentials.", [
      { path: "credentials", message: `Give those of ${method}.` },
    ]);
  }
  return row.credentials === null ? {} : services.vault.open(row.credentials, credentialsPlace(row.tenantId, row.id));
}

function sameHosts(definition: ConnectorDefinition, row: ConnectorRow, hosts: readonly string[]): boolean {
  const before = definition.allowedHosts(readStoredConfiguration(definition, row));
  return [...before].sort().join() === [...hosts].sort().join();
}
