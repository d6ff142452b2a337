import { type ConnectorDefinition, ConnectorService } from "@isthmus/core";
import type { ConnectorRow } from "../repositories/index.js";

const service = new ConnectorService();

/**
 * A stored configuration as the installed package wants it: one that an older version wrote is migrated first.
 *
 * @throws {ValidationError} when it does not fit the installed version any more.
 */
export function readStoredConfiguration(
  definition: ConnectorDefinition,
  { configuration, connectorVersion: configurationVersion }: Pick<ConnectorRow, "configuration" | "connectorVersion">,
): unknown {
  return service.validateConfiguration(definition, { configuration, configurationVersion });
}
