import type { AuthenticationMethod } from "@isthmus/core";
import { diffSecrets, diffSettings } from "../approval/diff.js";
import { connectorCreate } from "../approval/kinds/connector-create.js";
import { showSettings } from "../approval/kinds/connector-settings.js";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { newId } from "../database/index.js";
import type { Services } from "../services.js";
import { type ConnectorView, viewConnector } from "./connector-view.js";
import { proveSettings } from "./prove-settings.js";
import { type ChangeOutcome, submitChange } from "./submit-change.js";

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
 * Adds a connector, or asks for one of production. Its credentials are sealed before the database hears of it.
 *
 * @param emergency - See {@link submitChange}.
 * @throws {ConnectorError} `UNKNOWN_CONNECTOR_TYPE`, `VALIDATION_FAILED`, `UNSUPPORTED`, `FORBIDDEN_TARGET`, `CONFLICT`.
 * @throws {ApiError} `FORBIDDEN`, `EMERGENCY_UNSUPPORTED`.
 */
export async function createConnector(
  services: Services,
  caller: Caller,
  input: CreateConnectorInput,
  emergency?: string,
): Promise<ChangeOutcome<ConnectorView>> {
  await assertAllowed(services, caller, "connectors.write");
  const { authenticationMethod, environment } = input;
  const definition = services.connectors.definition(input.type);
  const { credentials, configuration, externalSystemUrl } = await proveSettings(services, definition, {
    authenticationMethod,
    credentials: input.credentials,
    configuration: input.configuration,
    externalSystemUrl: input.externalSystemUrl,
  });
  const settings = {
    connectorCode: input.code,
    connectorName: input.name,
    externalSystemUrl,
    authenticationMethod,
    configuration: { ...configuration },
    environment,
    connectorVersion: definition.version,
  };
  const outcome = await submitChange(
    services,
    caller,
    {
      kind: connectorCreate,
      target: { type: "connector", id: newId(), version: null },
      targetName: input.code,
      connectorType: definition.type,
      change: { connectorType: definition.type, settings, credentials },
      diff: [
        ...diffSettings(undefined, { type: definition.type, ...showSettings(settings) }),
        ...diffSecrets("credentials", undefined, credentials),
      ],
      isProduction: environment === "production",
    },
    emergency,
  );
  return outcome.outcome === "applied" ? { ...outcome, result: viewConnector(outcome.result, undefined) } : outcome;
}
