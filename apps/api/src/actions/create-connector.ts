import type { AuthenticationMethod } from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { credentialsPlace } from "../connectors/credentials-place.js";
import { newId } from "../database/index.js";
import type { Services } from "../services.js";
import { assertSandbox } from "./assert-sandbox.js";
import { connectorAudit } from "./audit.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { withConflicts } from "./database-conflicts.js";
import { proveSettings } from "./prove-settings.js";

/** What a new connector is made of. */
export interface CreateConnectorInput {
  readonly code: string;
  readonly name: string;
  readonly type: string;
  readonly environment: "sandbox" | "production";
  readonly externalSystemUrl?: string | undefined;
  readonly authenticationMethod: AuthenticationMethod;
  readonly credentials: unknown;
  readonly configuration: unknown;
}

/**
 * Adds a connector. Its credentials are sealed before the database hears of it.
 *
 * @throws {ConnectorError} `UNKNOWN_CONNECTOR_TYPE`, `VALIDATION_FAILED`, `UNSUPPORTED`, `FORBIDDEN_TARGET`, `CONFLICT`.
 * @throws {ApiError} `FORBIDDEN`, `APPROVAL_UNAVAILABLE`.
 */
export async function createConnector(
  services: Services,
  caller: Caller,
  input: CreateConnectorInput,
): Promise<ConnectorView> {
  await assertAllowed(services, caller, "connectors.write");
  const { database, vault, connectors, events } = services;
  const { tenantId } = caller;
  const definition = connectors.definition(input.type);
  assertSandbox(input.environment);
  const { credentials, configuration, externalSystemUrl } = await proveSettings(services, definition, {
    authenticationMethod: input.authenticationMethod,
    credentials: input.credentials,
    configuration: input.configuration,
    externalSystemUrl: input.externalSystemUrl,
  });
  const id = newId();
  const sealed = await vault.seal(credentials, credentialsPlace(tenantId, id));
  const row = await withConflicts(() =>
    database.asTenant(tenantId, async (repositories) => {
      const created = await repositories.connectors.create({
        id,
        connectorCode: input.code,
        connectorName: input.name,
        connectorType: definition.type,
        externalSystemUrl,
        authenticationMethod: input.authenticationMethod,
        credentials: sealed,
        configuration,
        environment: input.environment,
        connectorVersion: definition.version,
        createdBy: caller.userId,
      });
      const details = { code: input.code, type: definition.type, environment: input.environment };
      await repositories.auditEvents.append(connectorAudit(caller, "connector.created", id, details));
      return created;
    }),
  );
  events.emit("connector.created", { connection: { type: definition.type, tenantId, connectorId: id } });
  return viewConnector(row, undefined);
}
